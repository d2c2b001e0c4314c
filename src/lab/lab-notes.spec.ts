import { expect, it } from '@jest/globals';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import { labNotes } from './lab-notes.js';
import { observationOf, parseReport } from './node-report.js';

const UP = { app: 'up', haproxy: 'up', keepalived: 'up' } as const;
const observed = (node: string, output: string) => observationOf(editedCluster(), node, 'on', UP, parseReport(output));
const notesOf = (...nodes: ReturnType<typeof observed>[]) => labNotes(editedCluster(), nodes);

it('says when a node has put second chance or the advert filter back, and what was missing', () => {
  const atMs = Date.UTC(2026, 10, 27, 12, 0, 1, 999);
  expect(
    notesOf(
      observed('backend-01', 'second-chance active\n'),
      observed('backend-02', `second-chance active\nsecond-chance-restored ${atMs} the rules, the jump to them\n`),
      observed('frontend-01', `advert-filter-restored ${atMs} the jump to them\n`),
    ),
  ).toEqual([
    'backend-02: second chance was restored at 2026-11-27T12:00:01Z: missing was the rules, the jump to them',
    'frontend-01: the advert filter was restored at 2026-11-27T12:00:01Z: missing was the jump to them',
  ]);
});

it('names the strangers of each tier', () => {
  expect(
    notesOf(
      observed('frontend-01', 'foreign-advert 1 192.168.99.131 10 200\n'),
      observed('backend-01', 'foreign-advert 1 192.168.99.130 20 255\naddress-claim 2 02:42:c0:a8:63:82 12\n'),
    ),
  ).toEqual([
    'frontend: adverts for router 10 from 192.168.99.131, priority 200',
    'backend: adverts for router 20 from 192.168.99.130, priority 255',
    'backend: 192.168.99.20 is also claimed by 02:42:c0:a8:63:82 (ARP, 12 times): some clients may reach it instead',
  ]);
});

it('says which nodes cannot refuse the adverts of strangers', () => {
  expect(
    notesOf(observed('backend-01', 'advert-filter active\n'), observed('backend-02', 'advert-filter unavailable\n')),
  ).toEqual([
    'backend-02: the filter of adverts is unavailable, it believes strangers: ./ha-demo logs backend-02 keepalived',
  ]);
});
