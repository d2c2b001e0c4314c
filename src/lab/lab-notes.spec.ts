import { expect, it } from '@jest/globals';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import { restoredNotes } from './lab-notes.js';
import { observationOf, parseReport } from './node-report.js';

const UP = { app: 'up', haproxy: 'up', keepalived: 'up' } as const;
const observed = (node: string, output: string) => observationOf(editedCluster(), node, 'on', UP, parseReport(output));

it('says when a node has put second chance or the advert filter back, and what was missing', () => {
  const atMs = Date.UTC(2026, 10, 27, 12, 0, 1, 999);
  const nodes = [
    observed('backend-01', 'second-chance active\n'),
    observed('backend-02', `second-chance active\nsecond-chance-restored ${atMs} the rules, the jump to them\n`),
    observed('frontend-01', `advert-filter-restored ${atMs} the jump to them\n`),
  ];
  expect(restoredNotes(nodes)).toEqual([
    'backend-02: second chance was restored at 2026-11-27T12:00:01Z: missing was the rules, the jump to them',
    'frontend-01: the advert filter was restored at 2026-11-27T12:00:01Z: missing was the jump to them',
  ]);
});
