import { describe, expect, it } from '@jest/globals';
import { type Edits, editedCluster, nodes } from '../cluster/testing/edited-cluster.js';
import { type Cluster, nodesOf } from '../cluster/cluster.js';
import type { NodeObservation } from './lab.js';
import { labProblems, problemTexts } from './lab-problems.js';

type Changes = Partial<Record<string, Partial<NodeObservation>>>;

/** A healthy lab, whose first nodes hold the virtual IPs, but for the changes by node. */
function observations(cluster: Cluster, changes: Changes = {}): NodeObservation[] {
  return nodesOf(cluster).map(({ name, tier: tierName }) => {
    const tier = cluster.tiers.find((candidate) => candidate.name === tierName)!;
    const isHolder = tier.nodes[0]!.name === name;
    return {
      node: name,
      power: 'on',
      link: 'up',
      services: { app: 'up', haproxy: 'up', keepalived: 'up' },
      vrrpState: isHolder ? 'MASTER' : 'BACKUP',
      detectors: [],
      vipsHeld: isHolder ? [tier.virtualRouter.virtualIp] : [],
      secondChance: 'active',
      advertFilter: 'active',
      foreignAdverts: [],
      addressClaims: [],
      servers: tier.nodes.map((node) => ({ name: node.name, status: 'UP', check: 'L7OK' })),
      ...changes[name],
    };
  });
}

const UP = { app: 'up', haproxy: 'up', keepalived: 'up' } as const;
const DOWN = { app: 'down', haproxy: 'down', keepalived: 'down' } as const;
const OF_KEEPALIVED = ": no detector of the lab's fires, so it is an interface or a script of keepalived's own";
const OFF = { power: 'off' as const, services: DOWN, servers: [] };
const holds = (virtualIp: string) => ({ vrrpState: 'MASTER' as const, vipsHeld: [virtualIp] });
const sees = (name: string, status: string, check: string) => ({
  servers: ['frontend-01', 'frontend-02'].map((server) =>
    server === name ? { name, status, check } : { name: server, status: 'UP', check: 'L7OK' },
  ),
});

/** Each problem with whose it is to mend, if it is not the tier's. */
function problemsOf(cluster: Cluster, observed: NodeObservation[]): string[] {
  return labProblems(cluster, observed).map(({ text, node, service }) => {
    const owner = [node, service].filter(Boolean).join(' ');
    return owner ? `${text} -> ${owner}` : text;
  });
}

describe('labProblems', () => {
  it.each<[string, Changes, string[]]>([
    ['a healthy lab', {}, []],
    [
      'a virtual IP that will go back to the node with the higher priority',
      { 'frontend-01': { vrrpState: 'BACKUP', vipsHeld: [] }, 'frontend-02': holds('192.168.99.10') },
      ['frontend: 192.168.99.10 is about to move from frontend-02 to frontend-01'],
    ],
    [
      'one that stays where it is, since the other node is in FAULT',
      { 'frontend-01': { vrrpState: 'FAULT', vipsHeld: [] }, 'frontend-02': holds('192.168.99.10') },
      [`frontend-01: VRRP state is FAULT${OF_KEEPALIVED} -> frontend-01 keepalived`],
    ],
    [
      'nobody holds a virtual IP',
      { 'frontend-01': { vrrpState: 'BACKUP', vipsHeld: [] } },
      ['frontend: nobody holds 192.168.99.10'],
    ],
    [
      'two nodes hold a virtual IP',
      { 'backend-02': holds('192.168.99.20') },
      ['backend: 192.168.99.20 has 2 holders: backend-01, backend-02'],
    ],
    [
      'a node of the wrong tier holds it',
      { 'frontend-01': { vipsHeld: [] }, 'backend-02': holds('192.168.99.10') },
      ['frontend: 192.168.99.10 is about to move from backend-02 to frontend-01'],
    ],
    ['a node is off', { 'frontend-02': OFF }, ['frontend-02: is off -> frontend-02']],
    [
      'a node is suspended',
      { 'frontend-02': { ...OFF, power: 'suspended' } },
      ['frontend-02: is suspended -> frontend-02'],
    ],
    [
      'a node is unplugged, and sees nobody, and nobody sees it, which is one problem',
      {
        'frontend-01': sees('frontend-02', 'DOWN', 'L4TOUT'),
        'frontend-02': { link: 'down', vrrpState: 'FAULT', ...sees('frontend-01', 'DOWN', 'L4TOUT') },
      },
      ['frontend-02: is unplugged from the LAN -> frontend-02'],
    ],
    [
      'the holder is off, and nobody has taken over',
      { 'frontend-01': { ...OFF, vrrpState: 'unknown', vipsHeld: [] } },
      ['frontend: nobody holds 192.168.99.10', 'frontend-01: is off -> frontend-01'],
    ],
    [
      'an app is down',
      { 'backend-02': { services: { ...UP, app: 'down' } } },
      ['backend-02: app is down -> backend-02 app'],
    ],
    [
      'an HAProxy is down, whose view does not count then',
      { 'frontend-02': { services: { ...UP, haproxy: 'down' }, servers: [] } },
      ['frontend-02: haproxy is down -> frontend-02 haproxy'],
    ],
    [
      'a keepalived is down, whose state does not count then',
      { 'frontend-02': { services: { ...UP, keepalived: 'down' }, vrrpState: 'unknown', secondChance: 'suspended' } },
      ['frontend-02: keepalived is down -> frontend-02 keepalived'],
    ],
    [
      'a virtual router in FAULT by no detector',
      { 'backend-02': { vrrpState: 'FAULT' } },
      [`backend-02: VRRP state is FAULT${OF_KEEPALIVED} -> backend-02 keepalived`],
    ],
    [
      'a virtual router in FAULT by two detectors, since the first of them',
      {
        'backend-02': {
          vrrpState: 'FAULT',
          detectors: [
            { name: 'haproxy-gone', sinceMs: Date.UTC(2026, 10, 27, 12, 0, 3) },
            { name: 'haproxy-silent', sinceMs: Date.UTC(2026, 10, 27, 12, 0, 1, 900) },
          ],
        },
      },
      [
        'backend-02: VRRP state is FAULT since 2026-11-27T12:00:01Z: haproxy-gone (HAProxy has ended), haproxy-silent (HAProxy does not answer) -> backend-02 keepalived',
      ],
    ],
    [
      'a detector that has fired a moment ago, which keepalived has not followed yet',
      { 'backend-02': { detectors: [{ name: 'haproxy-gone', sinceMs: 0 }] } },
      [],
    ],
    [
      'a virtual router that starts',
      { 'backend-02': { vrrpState: 'STARTING' } },
      ['backend-02: VRRP state is STARTING -> backend-02 keepalived'],
    ],
    [
      'a server that is down',
      { 'frontend-01': sees('frontend-02', 'DOWN', 'L4CON') },
      ['frontend-01: its HAProxy does not see frontend-02 up -> frontend-02 app'],
    ],
    [
      'a server that is down with its app, which is one problem',
      { 'frontend-01': sees('frontend-02', 'DOWN', 'L4CON'), 'frontend-02': { services: { ...UP, app: 'down' } } },
      ['frontend-02: app is down -> frontend-02 app'],
    ],
    [
      'a server that is down with its node, which is one problem',
      { 'frontend-01': sees('frontend-02', 'DOWN', 'L4TOUT'), 'frontend-02': OFF },
      ['frontend-02: is off -> frontend-02'],
    ],
    [
      'a server that is on its way up',
      { 'frontend-01': sees('frontend-02', 'DOWN 1/2', 'L7OK') },
      ['frontend-01: its HAProxy does not see frontend-02 up -> frontend-02 app'],
    ],
    [
      'a server that has not been checked yet',
      { 'frontend-01': sees('frontend-02', 'UP', 'INI') },
      ['frontend-01: its HAProxy does not see frontend-02 up -> frontend-02 app'],
    ],
    [
      'an HAProxy that does not answer',
      { 'frontend-01': { servers: [] } },
      [
        'frontend-01: its HAProxy does not see frontend-01 up -> frontend-01 haproxy',
        'frontend-01: its HAProxy does not see frontend-02 up -> frontend-01 haproxy',
      ],
    ],
    [
      'an HAProxy that knows another server in place of one of the tier',
      {
        'frontend-01': {
          servers: [
            { name: 'backend-01', status: 'UP', check: 'L7OK' },
            { name: 'frontend-01', status: 'UP', check: 'L7OK' },
          ],
        },
      },
      ['frontend-01: its HAProxy does not see frontend-02 up -> frontend-01 haproxy'],
    ],
    [
      'second chance suspended',
      { 'frontend-01': { secondChance: 'suspended' } },
      ['frontend-01: second chance is suspended, a peer is silent'],
    ],
    ['second chance unavailable in this kernel', { 'frontend-01': { secondChance: 'unavailable' } }, []],
    [
      'several troubles, the holders first',
      {
        'frontend-01': { services: { app: 'down', haproxy: 'down', keepalived: 'up' } },
        'frontend-02': OFF,
        'backend-01': { vipsHeld: [] },
      },
      [
        'backend: nobody holds 192.168.99.20',
        'frontend-01: app is down -> frontend-01 app',
        'frontend-01: haproxy is down -> frontend-01 haproxy',
        'frontend-02: is off -> frontend-02',
      ],
    ],
  ])('%s', (_what, changes, problems) => {
    const cluster = editedCluster();
    expect(problemsOf(cluster, observations(cluster, changes))).toEqual(problems);
  });

  it('takes a virtual IP that does not go back for a healthy one', () => {
    const cluster = editedCluster({ 'profiles.tuned.vrrp.preempt': false });
    const changes: Changes = {
      'frontend-01': { vrrpState: 'BACKUP', vipsHeld: [] },
      'frontend-02': holds('192.168.99.10'),
    };
    expect(problemsOf(cluster, observations(cluster, changes))).toEqual([]);
  });

  it.each<[string, Edits]>([
    ['classic', { profile: 'classic' }],
    ['macvlan', { 'lan.type': 'macvlan', 'lan.parent': 'eth0' }],
  ])('does not miss second chance where it is not wanted: %s', (_what, edits) => {
    const cluster = editedCluster(edits);
    const changes = Object.fromEntries(
      nodesOf(cluster).map(({ name }) => [name, { secondChance: 'suspended' as const }]),
    );
    expect(problemsOf(cluster, observations(cluster, changes))).toEqual([]);
  });

  it('expects every HAProxy of a larger tier to see all of its servers', () => {
    const cluster = editedCluster({ 'tiers.backend.nodes': nodes('db', 8, 40) });
    expect(problemsOf(cluster, observations(cluster))).toEqual([]);
    const [, ...allButOne] = observations(cluster).find(({ node }) => node === 'db-01')!.servers;
    expect(problemsOf(cluster, observations(cluster, { 'db-05': { servers: allButOne } }))).toEqual([
      'db-05: its HAProxy does not see db-01 up -> db-05 haproxy',
    ]);
  });

  it('finds nobody home when nothing is observed', () => {
    expect(problemsOf(editedCluster(), [])).toEqual([
      'frontend: nobody holds 192.168.99.10',
      'backend: nobody holds 192.168.99.20',
    ]);
  });
});

describe('problemTexts', () => {
  const cluster = editedCluster();
  const allBut = (names: string[]): Changes =>
    Object.fromEntries(nodesOf(cluster).flatMap(({ name }) => (names.includes(name) ? [] : [[name, OFF]])));

  it('makes one line of a lab that is off', () => {
    expect(problemTexts(cluster, { startCommand: './ha-demo up' }, observations(cluster, allBut([])))).toEqual([
      'all nodes are off, as after a restart of the host or the engine: ./ha-demo up',
    ]);
  });

  it('is what labProblems says of one that is not', () => {
    const seen = observations(cluster, allBut(['frontend-01']));
    expect(problemTexts(cluster, { startCommand: './ha-demo up' }, seen)).toEqual(
      labProblems(cluster, seen).map(({ text }) => text),
    );
    expect(problemTexts(cluster, { startCommand: './ha-demo up' }, seen)).toContain('frontend-02: is off');
  });
});
