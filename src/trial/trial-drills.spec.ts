import { describe, expect, it } from '@jest/globals';
import { check } from '../check/check.js';
import { pair, type PairEdits, replaced } from '../check/testing/pair.js';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import { trialDrills } from './trial-drills.js';
import { worldOf } from './world.js';
import { clusterOfWorld } from './world-cluster.js';

function tried(edits: PairEdits = {}, names: string[] = [], master = 'lb1') {
  const checked = pair(edits);
  const world = worldOf(checked);
  const [router] = world.virtualRouters;
  const cluster = clusterOfWorld(world, router!, 'mine', editedCluster(), master);
  const rows = check(checked).whatIf.filter(({ virtualRouter }) => virtualRouter === router!.label);
  const [tier] = cluster.tiers;
  const target = { cluster, tier: tier!, node: tier!.nodes[0]! };
  return { cluster, drills: trialDrills(target, rows, { model: editedCluster(), load: LOAD, runs: 1, names }) };
}

const LOAD = { ratePerSecond: 1, timeoutMs: 1, keepAliveConnections: 0, downloads: 0 };

describe('a drill of a pair', () => {
  it('happens on the master, and is predicted by check', () => {
    const { drills } = tried({}, ['kill-haproxy', 'power-off-node']);
    expect(drills.map(({ fault, target }) => [fault.name, target.node.name, fault.predict(target, LOAD)])).toEqual([
      ['kill-haproxy', 'lb1', { fromMs: 1609.375, untilMs: 2609.375, because: expect.any(String) }],
      [
        'power-off-node',
        'lb1',
        { fromMs: 2609.375, untilMs: 3609.375, because: expect.stringContaining('3 x 1000 ms') },
      ],
    ]);
  });

  it('lasts until it is mended where nobody moves', () => {
    const weighted = replaced('    fall 2\n}', '    fall 2\n    weight -2\n}');
    const [drill] = tried({ both: weighted }, ['kill-haproxy']).drills;
    expect(drill!.fault.predict(drill!.target, LOAD)).toMatchObject({ untilMs: null });
    // As long as the slowest takeover of the pair, which would show that it moves all the same.
    expect(drill!.hold!.longerMs).toBe(0);
    expect(drill!.hold!.holdMs).toBeGreaterThan(5_000);
  });

  it('happens on who is master, whatever the priorities', () => {
    expect(tried({}, ['unplug-node'], 'lb2').drills[0]!.target.node.name).toBe('lb2');
  });

  it('is watched for longer than its prediction while clients are not served', () => {
    const [drill] = tried({ both: replaced('advert_int 1', 'advert_int 5') }, ['power-off-node']).drills;
    expect(drill!.hold!.longerMs).toBeGreaterThan(15_000);
  });

  it.each([
    ['reload-haproxy', 0, 'unchanged'],
    ['hang-keepalived', null, 'unknown'],
    ['partition-node', 3609.375, 'moves'],
    ['partition-peers', null, 'unknown'],
  ])('%s costs %s ms at the most', (name, untilMs, outcome) => {
    const [drill] = tried({}, [name]).drills;
    expect(drill!.fault.predict(drill!.target, LOAD).untilMs).toBe(untilMs);
    expect(drill!.row.outcome).toBe(outcome);
    // A takeover would have come by then.
    if (outcome === 'unknown') expect(drill!.hold!.holdMs).toBeGreaterThan(3609 + 1000);
  });

  it('has beside it what the lab is predicted to cost', () => {
    const { drills } = tried({}, ['kill-haproxy', 'reload-haproxy']);
    expect(drills.map(({ inLab }) => inLab!.untilMs)).toEqual([expect.any(Number), 0]);
    expect(drills[0]!.inLab!.untilMs).toBeLessThan(1_000);
  });

  it('of each kind is there', () => {
    expect(tried().drills).toHaveLength(11);
  });
});
