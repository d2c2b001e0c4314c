import { describe, expect, it } from '@jest/globals';
import { type Cluster, nodesOf, tierOf } from '../cluster/cluster.js';
import { editedCluster, nodes } from '../cluster/testing/edited-cluster.js';
import { InMemoryLab } from '../lab/memory/in-memory-lab.js';
import { faultNamed } from './catalogue.js';
import { nameOf, type PlacedFault } from './fault.js';
import { Random } from './random.js';
import { mayLastTogether, soakPlan } from './soak-plan.js';

const ALL = new InMemoryLab(editedCluster()).capabilities;
const two = editedCluster();
const three = editedCluster({ 'tiers.backend.nodes': nodes('backend', 3, 21) });

const planned = (seed: number, count = 300, capabilities = ALL) =>
  soakPlan(two, capabilities, count, new Random(seed)).map((round) => round.map(nameOf));

describe('the plan of a soak', () => {
  it('is the same for the same seed, and another one for another', () => {
    expect(planned(7)).toEqual(planned(7));
    expect(planned(7)).not.toEqual(planned(8));
  });

  it('has as many faults as were asked for, alone and in pairs', () => {
    for (const count of [1, 2, 3, 300]) expect(planned(7, count).flat()).toHaveLength(count);
    const sizes = new Set(planned(7).map(({ length }) => length));
    expect(sizes).toEqual(new Set([1, 2]));
  });

  it('has all of the catalogue, on all nodes, without those that leave nobody to serve and without what the lab cannot do', () => {
    const names = new Set(planned(7, 2000).flat());
    expect(names).toContain('rolling-restart on backend');
    expect(names).toContain('kill-haproxy on frontend-02');
    expect(names).toContain('mute-master on backend-01');
    expect(names).not.toContain('mute-master on backend-02');
    expect([...names].filter((name) => /^(kill-all-apps|restart-engine) /.test(name))).toEqual([]);
    const poor = planned(7, 2000, { ...ALL, isolatesNodes: false, upgradesImages: false }).flat();
    expect(poor.filter((name) => /^(partition-node|rolling-upgrade) /.test(name))).toEqual([]);
  });

  it('has pairs on one tier and on both', () => {
    const pairs = soakPlan(two, ALL, 300, new Random(7)).filter(({ length }) => length === 2);
    const tiersOf = (round: PlacedFault[]) => new Set(round.map(({ target }) => target.tier.name)).size;
    expect(new Set(pairs.map(tiersOf))).toEqual(new Set([1, 2]));
  });
});

describe('two faults may last together', () => {
  const placed = (cluster: Cluster, text: string): PlacedFault => {
    const [fault, place] = text.split(' on ');
    const node = nodesOf(cluster).find(({ name }) => name === place)!;
    return { fault: faultNamed(fault!), target: { cluster, tier: tierOf(cluster, node.tier), node } };
  };

  it.each([
    [
      'the service of one node and the HAProxy of the other',
      two,
      'kill-app on backend-01',
      'stop-haproxy on backend-02',
    ],
    [
      'a node that serves all the same, and one that is off',
      two,
      'slow-app on backend-01',
      'power-off-node on backend-02',
    ],
    ['nodes of two tiers', two, 'freeze-node on backend-01', 'power-off-node on frontend-01'],
    ['two of three nodes', three, 'freeze-node on backend-01', 'power-off-node on backend-02'],
  ])('%s', (_what, cluster, one, other) => {
    expect(mayLastTogether(placed(cluster, one), placed(cluster, other))).toBe(true);
    expect(mayLastTogether(placed(cluster, other), placed(cluster, one))).toBe(true);
  });

  it.each([
    ['both services', two, 'kill-app on backend-01', 'hang-app on backend-02'],
    ['both routers', two, 'kill-haproxy on backend-01', 'stop-keepalived on backend-02'],
    [
      'a node that is off, and the service of the other',
      two,
      'power-off-node on backend-01',
      'error-app on backend-02',
    ],
    ['the same node', two, 'slow-app on backend-01', 'lossy-link on backend-01'],
    ['what the other node is told not to hear', three, 'mute-master on backend-01', 'lossy-link on backend-02'],
    ['a whole tier, and the other one', two, 'rolling-restart on backend-01', 'slow-app on frontend-01'],
  ])('not so %s', (_what, cluster, one, other) => {
    expect(mayLastTogether(placed(cluster, one), placed(cluster, other))).toBe(false);
    expect(mayLastTogether(placed(cluster, other), placed(cluster, one))).toBe(false);
  });

  it('and never leave nobody of a tier to serve, whatever the seed', () => {
    const rounds = [1, 2, 3].flatMap((seed) => soakPlan(two, ALL, 500, new Random(seed)));
    const dead = rounds.filter((round) =>
      two.tiers.some((tier) =>
        (['router', 'app'] as const).some((part) =>
          tier.nodes.every((node) =>
            round.some(
              ({ fault, target }) =>
                fault.scope === 'node' && target.node === node && !fault.atPeers && !fault.leaves?.includes(part),
            ),
          ),
        ),
      ),
    );
    expect(dead).toEqual([]);
  });
});
