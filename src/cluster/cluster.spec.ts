import { describe, expect, it } from '@jest/globals';
import { nodesOf, secondChanceWanted, tierOf } from './cluster.js';
import { type Edits, editedCluster, nodes } from './testing/edited-cluster.js';

describe('Cluster', () => {
  it('has both tiers, the frontend first, with their virtual routers', () => {
    const [frontend, backend] = editedCluster().tiers;
    expect(frontend).toMatchObject({
      name: 'frontend',
      virtualHostName: 'frontend-00',
      published: { tier: 8010, statistics: 8011 },
      virtualRouter: {
        virtualRouterId: 10,
        virtualIp: '192.168.99.10',
        vipInterface: 'vrrp.10',
        usesVirtualMac: true,
      },
    });
    expect(backend).toMatchObject({
      name: 'backend',
      virtualHostName: 'backend-00',
      published: { tier: 8020, statistics: 8021 },
      virtualRouter: { virtualRouterId: 20, virtualIp: '192.168.99.20', vipInterface: 'vrrp.20' },
    });
  });

  it('lists the nodes in the order of the file', () => {
    expect(nodesOf(editedCluster()).map(({ name, address, tier }) => [name, address, tier])).toEqual([
      ['frontend-01', '192.168.99.11', 'frontend'],
      ['frontend-02', '192.168.99.12', 'frontend'],
      ['backend-01', '192.168.99.21', 'backend'],
      ['backend-02', '192.168.99.22', 'backend'],
    ]);
  });

  it.each([2, 3, 8])('gives %d nodes descending priorities, with the timers that follow', (count) => {
    const tier = tierOf(editedCluster({ 'tiers.backend.nodes': nodes('db', count, 40) }), 'backend');
    expect(tier.nodes.map(({ priority }) => priority)).toEqual(
      [254, 253, 252, 251, 250, 249, 248, 247].slice(0, count),
    );
    expect(tier.nodes[1]!.timers).toEqual({ skewTimeMs: 0.234375, masterDownIntervalMs: 60.234375 });
  });

  it.each([
    [2, { 'db-01': ['db-02'], 'db-02': ['db-01'] }],
    [3, { 'db-01': ['db-02', 'db-03'], 'db-02': ['db-03', 'db-01'], 'db-03': ['db-01', 'db-02'] }],
  ])('puts the peers of %d nodes in the order of a ring', (count, expected) => {
    const tier = tierOf(editedCluster({ 'tiers.backend.nodes': nodes('db', count, 40) }), 'backend');
    const peers = Object.fromEntries(tier.nodes.map((node) => [node.name, node.peers.map((peer) => peer.name)]));
    expect(peers).toEqual(expected);
  });

  it('takes its timers from the chosen profile', () => {
    const cluster = editedCluster({ profile: 'classic' });
    expect(cluster.profileName).toBe('classic');
    expect(cluster.profile.vrrp.version).toBe(2);
    const [first, second] = tierOf(cluster, 'frontend').nodes;
    expect([first!.priority, second!.priority]).toEqual([100, 99]);
    expect(second!.timers.masterDownIntervalMs).toBeCloseTo(3613.28, 2);
  });

  it('holds the virtual IP on the LAN interface of a macvlan LAN', () => {
    const cluster = editedCluster({ 'lan.type': 'macvlan', 'lan.parent': 'eth7', 'lan.interface': 'lan0' });
    expect(tierOf(cluster, 'frontend').virtualRouter).toMatchObject({ vipInterface: 'lan0', usesVirtualMac: false });
  });

  it.each<[boolean, string, Edits]>([
    [true, 'tuned', {}],
    [false, 'classic', { profile: 'classic' }],
    [false, 'tuned with second chance off', { 'profiles.tuned.plannedMoves.secondChance': false }],
    [false, 'tuned on a macvlan LAN', { 'lan.type': 'macvlan', 'lan.parent': 'eth0' }],
  ])('wants second chance: %p for %s', (wanted, _what, edits) => {
    expect(secondChanceWanted(editedCluster(edits))).toBe(wanted);
  });
});
