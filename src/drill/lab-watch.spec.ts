import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import { FakeClock } from '../common/testing/fake-clock.js';
import { InMemoryLab } from '../lab/memory/in-memory-lab.js';
import type { NodeEvent } from '../lab/node-event.js';
import { LabWatch } from './lab-watch.js';

let clock: FakeClock;
let lab: InMemoryLab;
let watch: LabWatch;
let heard: NodeEvent[];

beforeEach(async () => {
  clock = new FakeClock();
  lab = new InMemoryLab(editedCluster(), clock);
  await clock.pause(1000);
  heard = [];
});

const start = () => (watch = LabWatch.start(editedCluster(), lab, (event) => heard.push(event)));

const backends = (events: NodeEvent[]) =>
  events.flatMap((event) =>
    event.event === 'vrrp' && event.node.startsWith('backend') ? [`${event.node} ${event.state}`] : [],
  );

afterEach(() => watch.stop().catch(() => {}));

it('tells what happens from its start on, to the listener and afterwards', async () => {
  start();
  await clock.pause(10);
  await lab.stopService('backend-01', 'haproxy');
  await lab.startService('backend-01', 'haproxy');
  await clock.pause(10);
  const expected = ['backend-01 FAULT', 'backend-02 MASTER', 'backend-01 MASTER', 'backend-02 BACKUP'];
  expect(backends(heard).sort()).toEqual(expected.toSorted());
  expect(backends(watch.eventsSoFar()).sort()).toEqual(expected.toSorted());
});

it("places what a node with a clock of its own tells on the lab's", async () => {
  lab.clockOffsetMs = async (node?: string) => (node === 'backend-02' ? 250 : 0);
  start();
  await clock.pause(1000);
  const atMs = clock.wallClockMs();
  await lab.stopService('backend-01', 'haproxy');
  await clock.pause(10);
  expect(heard.map((event) => [event.node, event.atMs - atMs])).toEqual([
    ['backend-01', 0],
    ['backend-02', -250],
  ]);
});

it('ends with what ends it, and says so when it is asked', async () => {
  lab.writeLogs = async () => Promise.reject(new Error('no engine'));
  start();
  await clock.pause(10);
  expect(() => watch.eventsSoFar()).toThrow('no engine');
  await expect(watch.stop()).rejects.toThrow('no engine');
});
