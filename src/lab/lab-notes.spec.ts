import { expect, it } from '@jest/globals';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import { labNotes } from './lab-notes.js';
import type { NodeReport } from '../node/node-report.js';
import { aNodeReport } from '../node/testing/a-node-report.js';
import { observationOf, toldBy } from './node-report.js';

const UP = { app: 'up', haproxy: 'up', keepalived: 'up' } as const;
const observed = (node: string, report: Partial<NodeReport>) =>
  observationOf(editedCluster(), node, 'on', UP, toldBy(aNodeReport(report)));
const notesOf = (...nodes: ReturnType<typeof observed>[]) => labNotes(editedCluster(), nodes);

it('says when a node has put second chance or the advert filter back, and what was missing', () => {
  const atMs = Date.UTC(2026, 10, 27, 12, 0, 1, 999);
  expect(
    notesOf(
      observed('backend-01', {}),
      observed('backend-02', { secondChanceRestored: { atMs, missing: 'the rules, the jump to them' } }),
      observed('frontend-01', { advertFilterRestored: { atMs, missing: 'the jump to them' } }),
    ),
  ).toEqual([
    'backend-02: second chance was restored at 2026-11-27T12:00:01Z: missing was the rules, the jump to them',
    'frontend-01: the advert filter was restored at 2026-11-27T12:00:01Z: missing was the jump to them',
  ]);
});

it('names the strangers of each tier', () => {
  expect(
    notesOf(
      observed('frontend-01', {
        foreignAdverts: [{ atMs: 1, source: '192.168.99.131', virtualRouterId: 10, priority: 200 }],
      }),
      observed('backend-01', {
        foreignAdverts: [{ atMs: 1, source: '192.168.99.130', virtualRouterId: 20, priority: 255 }],
        addressClaims: [{ atMs: 2, mac: '02:42:c0:a8:63:82', count: 12 }],
      }),
    ),
  ).toEqual([
    'frontend: adverts for router 10 from 192.168.99.131, priority 200',
    'backend: adverts for router 20 from 192.168.99.130, priority 255',
    'backend: 192.168.99.20 is also claimed by 02:42:c0:a8:63:82 (ARP, 12 times): some clients may reach it instead',
  ]);
});

it('says which nodes cannot refuse the adverts of strangers', () => {
  expect(notesOf(observed('backend-01', {}), observed('backend-02', { advertFilter: 'unavailable' }))).toEqual([
    'backend-02: the filter of adverts is unavailable, it believes strangers: ./ha-demo logs backend-02 keepalived',
  ]);
});
