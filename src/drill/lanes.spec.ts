import { describe, expect, it } from '@jest/globals';
import { tierOf } from '../cluster/cluster.js';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import { InMemoryLab } from '../lab/memory/in-memory-lab.js';
import type { NodeEvent } from '../lab/node-event.js';
import { dualMasterMs, serverLanes, vrrpLanes } from './lanes.js';

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

const backend = tierOf(editedCluster(), 'backend');

const becomes = (node: string, atMs: number, state: 'MASTER' | 'BACKUP' | 'FAULT'): NodeEvent => ({
  ...{ event: 'vrrp', node, atMs, state },
});

const sees = (server: string, atMs: number, state: 'UP' | 'DOWN'): NodeEvent => ({
  ...{ event: 'server', node: 'backend-01', server, atMs, state },
});

it('shows the VRRP states of a tier from the last one before the run on', () => {
  const events = [
    becomes('backend-01', -900, 'BACKUP'),
    becomes('backend-01', -500, 'MASTER'),
    becomes('frontend-01', 100, 'FAULT'),
    becomes('backend-01', 200, 'FAULT'),
    becomes('backend-02', 220, 'MASTER'),
    becomes('backend-01', 2000, 'MASTER'),
  ];
  const lanes = vrrpLanes(events, backend, [], 1000);
  expect(lanes).toEqual([
    {
      ...{ name: 'backend-01 VRRP', kind: 'vrrp' },
      states: [
        { fromMs: 0, state: 'MASTER' },
        { fromMs: 200, state: 'FAULT' },
      ],
    },
    {
      ...{ name: 'backend-02 VRRP', kind: 'vrrp' },
      states: [
        { fromMs: 0, state: 'unknown' },
        { fromMs: 220, state: 'MASTER' },
      ],
    },
  ]);
});

it('takes the state that was observed before where no event tells it', async () => {
  const before = await new InMemoryLab(editedCluster()).observe();
  expect(vrrpLanes([], backend, before, 1000).map(({ states }) => states)).toEqual([
    [{ fromMs: 0, state: 'MASTER' }],
    [{ fromMs: 0, state: 'BACKUP' }],
  ]);
});

it('shows how HAProxies saw their servers, and leaves out what did not change', () => {
  const events = [
    sees('backend-01', -600, 'UP'),
    sees('backend-02', 500, 'UP'),
    sees('backend-01', 600, 'UP'),
    sees('backend-02', 1250, 'DOWN'),
    sees('backend-02', 2000, 'UP'),
    sees('backend-02', 2500, 'UP'),
    sees('backend-02', 7000, 'DOWN'),
  ];
  // What had been told before says what it was.
  expect(serverLanes([sees('backend-02', -500, 'UP'), ...events], backend, 5000)).toEqual([
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

it('takes a server that becomes something for what it was not before', () => {
  const [{ states } = { states: [] }] = serverLanes([sees('backend-02', 1250, 'DOWN')], backend, 5000);
  expect(states).toEqual([
    { fromMs: 0, state: 'UP' },
    { fromMs: 1250, state: 'DOWN' },
  ]);
});
