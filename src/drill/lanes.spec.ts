import { describe, expect, it } from '@jest/globals';
import { tierOf } from '../cluster/cluster.js';
import { loadCluster } from '../cluster/load-cluster.js';
import type { LogSource } from '../lab/lab.js';
import { InMemoryLab } from '../lab/memory/in-memory-lab.js';
import { becameMasterAtMs, dualMasterMs, serverLanes, vrrpLanes } from './lanes.js';

const lane = (...states: [number, string][]) => ({
  name: 'a VRRP',
  kind: 'vrrp' as const,
  states: states.map(([fromMs, state]) => ({ fromMs, state })),
});

describe('dualMasterMs', () => {
  it.each([
    ['one master after the other', [lane([0, 'MASTER'], [100, 'FAULT']), lane([0, 'BACKUP'], [100, 'MASTER'])], 0],
    ['two for a while', [lane([0, 'MASTER'], [130, 'BACKUP']), lane([0, 'BACKUP'], [100, 'MASTER'])], 30],
    ['two until the end', [lane([0, 'MASTER']), lane([0, 'BACKUP'], [100, 'MASTER'])], 900],
    ['two from before the beginning', [lane([0, 'MASTER']), lane([0, 'MASTER'], [80, 'BACKUP'])], 30],
  ])('%s', (_what, lanes, expected) => {
    expect(dualMasterMs(lanes, 50, 1000)).toBe(expected);
  });
});

it('reads the states of a tier from the logs of its nodes', async () => {
  const cluster = await loadCluster(new URL('../../cluster.yaml', import.meta.url).pathname);
  const lab = new InMemoryLab(cluster);
  const startMs = Date.now();
  await lab.stopService('backend-01', 'keepalived');
  await lab.startService('backend-01', 'keepalived');
  const lanes = await vrrpLanes(
    lab,
    tierOf(cluster, 'backend'),
    [],
    (wallClockMs) => wallClockMs - startMs + 1,
    60_000,
  );
  const statesOf = (index: number) => lanes[index]!.states.map(({ state }) => state);
  expect(lanes.map(({ name }) => name)).toEqual(['backend-01 VRRP', 'backend-02 VRRP']);
  expect(statesOf(0).slice(-1)).toEqual(['MASTER']);
  expect(statesOf(1).slice(-2)).toEqual(['MASTER', 'BACKUP']);
});

it('takes the state that was observed before where a log does not reach back to it', async () => {
  const cluster = await loadCluster(new URL('../../cluster.yaml', import.meta.url).pathname);
  const silent: LogSource = { writeLogs: async () => {} };
  const before = await new InMemoryLab(cluster).observe();
  const lanes = await vrrpLanes(silent, tierOf(cluster, 'backend'), before, (ms) => ms, 1000);
  expect(lanes.map(({ states }) => states)).toEqual([
    [{ fromMs: 0, state: 'MASTER' }],
    [{ fromMs: 0, state: 'BACKUP' }],
  ]);
});

it('tells when a node became master between two moments', async () => {
  const transition = (second: number, state: string) =>
    JSON.stringify({ time: `1970-01-01T00:00:0${second}.000Z`, node: 'backend-01', virtualRouter: 'backend', state });
  const lines = [
    transition(1, 'MASTER'),
    'Thu Jan  1 00:00:02 1970: (backend) Entering FAULT STATE',
    transition(2, 'FAULT'),
    transition(4, 'MASTER'),
    transition(5, 'BACKUP'),
    transition(6, 'MASTER'),
    transition(9, 'MASTER'),
  ];
  const logs: LogSource = { writeLogs: async (_node, _service, output) => void output.write(lines.join('\n')) };
  expect(await becameMasterAtMs(logs, 'backend-01', { fromMs: 1500, untilMs: 8000 })).toEqual([4000, 6000]);
});

it("reads how HAProxies saw their servers from HAProxy's notices, and leaves out what did not change", async () => {
  const cluster = await loadCluster(new URL('../../cluster.yaml', import.meta.url).pathname);
  const lines = (node: string) =>
    node === 'backend-01'
      ? [
          '1970-01-01T00:00:01.400Z Server backend/backend-01 is UP, reason: Layer7 check passed',
          '1970-01-01T00:00:01.500Z Server backend/backend-02 is UP, reason: Layer7 check passed',
          '1970-01-01T00:00:02.500Z Server backend/backend-02 is UP. 2 active and 0 backup servers online',
          '1970-01-01T00:00:02.600Z Server backend/backend-01 is UP. 2 active and 0 backup servers online',
          '1970-01-01T00:00:03.250000000Z Server backend/backend-02 is DOWN, reason: Layer4 timeout',
          '1970-01-01T00:00:03.300Z {"path":"/backend is DOWN","server":"backend-01"}',
          '1970-01-01T00:00:03.400Z [WARNING]  (61) : Server backend/backend-01 is DOWN, reason: none',
          '1970-01-01T00:00:04.000Z Server backend/backend-02 is UP, reason: Layer7 check passed',
          '1970-01-01T00:00:04.500Z Server backend/backend-02 is UP. 2 active and 0 backup servers online',
          '1970-01-01T00:00:09.000Z Server backend/backend-02 is DOWN, reason: after the run',
        ]
      : [];
  const logs: LogSource = {
    writeLogs: async (node, service, output, { timestamps, requests }) => {
      expect({ service, timestamps, requests }).toEqual({ service: 'haproxy', timestamps: true, requests: false });
      output.write(lines(node).join('\n'));
    },
  };
  const toRunMs = (wallClockMs: number) => wallClockMs - 2000;
  expect(await serverLanes(logs, tierOf(cluster, 'backend'), toRunMs, 5000)).toEqual([
    {
      name: 'backend-01 sees backend-02',
      kind: 'server',
      states: [
        { fromMs: 0, state: 'UP' },
        { fromMs: 1250, state: 'DOWN' },
        { fromMs: 2000, state: 'UP' },
      ],
    },
  ]);
});
