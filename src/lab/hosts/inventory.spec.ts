import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { editedClusterYaml } from '../../cluster/testing/edited-cluster.js';
import { type Cluster, nodeNamed, nodesOf } from '../../cluster/cluster.js';
import { parseCluster } from '../../cluster/load-cluster.js';
import { inventoryOf } from './inventory.js';

const cluster = (hosts: string): Cluster =>
  parseCluster(`${editedClusterYaml()}\nhosts: ${hosts}`, 'cluster.yaml', 'machines');

const inventory = (hosts: string) => inventoryOf(cluster(hosts), '/lab', {});

const accessOf = (hosts: string, node: string) =>
  inventory(hosts).hosts((name) => nodeNamed(cluster(hosts), name).address)(node);

const capabilities = (hosts: string) => inventory(hosts).capabilities(nodesOf(cluster(hosts)));

it('reaches a host at its address on the LAN, as ssh would, when nothing else is said', async () => {
  const { ssh, lanInterface } = await accessOf('{ nodes: [] }', 'frontend-01');
  expect(ssh).toMatchObject({ host: '192.168.99.11', port: undefined, user: undefined, keys: [] });
  expect(ssh.hostKey).toEqual({ StrictHostKeyChecking: 'yes' });
  expect(lanInterface).toBeUndefined();
});

it('takes what is said of one host before what is said of all', async () => {
  const hosts = `
    user: admin
    port: 2200
    key: ~/.ssh/lab%
    knownHosts: known
    nodes:
      - { name: frontend-01, host: rack7, user: root, key: own, interface: ens6 }
      - { name: frontend-02, port: 22 }`;
  const first = await accessOf(hosts, 'frontend-01');
  expect(first.ssh).toMatchObject({ host: 'rack7', port: 2200, user: 'root', keys: ['/lab/own'] });
  expect(first.ssh.hostKey).toMatchObject({ UserKnownHostsFile: '"/lab/known"' });
  expect(first.lanInterface).toBe('ens6');
  expect((await accessOf(hosts, 'frontend-02')).ssh).toMatchObject({
    ...{ host: '192.168.99.12', port: 22, user: 'admin', keys: [join(homedir(), '.ssh/lab%%')] },
  });
});

it('says how to compare a key that is not known, and one that is another one', async () => {
  const { ssh } = await accessOf('{ port: 2200, user: admin, nodes: [] }', 'frontend-01');
  expect(ssh.refusedHostKey('unknown')).toBe(
    'has a host key that is not in ~/.ssh/known_hosts. Compare it by hand: ssh -p 2200 admin@192.168.99.11',
  );
  expect(ssh.refusedHostKey('other')).toMatch(/^has another host key than the one in ~\/\.ssh\/known_hosts\. /);
});

it('unplugs hosts that are reached otherwise than over the LAN, and switches those that have commands for it', () => {
  const all = (more: string) =>
    `{ ${more} nodes: [${['frontend-01', 'frontend-02', 'backend-01', 'backend-02'].map((name, at) => `{ name: ${name}, host: 10.0.0.${at + 1} }`).join(', ')}] }`;
  const power = 'power: { on: a, state: b },';
  expect(capabilities(all(power))).toEqual({
    unplugsNodes: true,
    switchesNodes: true,
    suspendsNodes: false,
  });
  expect(capabilities(all(''))).toMatchObject({ switchesNodes: false });
  expect(capabilities(`{ ${power} nodes: [] }`)).toMatchObject({ unplugsNodes: false });
});

it.each([
  ['{ nodes: [{ name: lb1 }] }', /hosts\.nodes\[0\]\.name: lb1 is no node of the tiers; there are frontend-01, /],
  [
    '{ nodes: [{ name: frontend-01 }, { name: frontend-01 }] }',
    /hosts\.nodes\[1\]\.name: frontend-01 is already used by/,
  ],
  [
    '{ nodes: [{ name: frontend-01, host: -oProxyCommand=x }] }',
    /hosts\.nodes\[0\]\.host: "-oProxyCommand=x" must be an addr/,
  ],
  ['{ port: 70000, nodes: [] }', /hosts\.port: 70000 must be a whole number from 1 to 65535/],
  ['{ power: { on: a }, nodes: [] }', /hosts\.power\.state: is missing/],
  ['{ nodes: frontend-01 }', /hosts\.nodes: "frontend-01" must be mappings, each/],
  ['{ keys: a, nodes: [] }', /hosts\.keys: is not a known field/],
])('refuses %s', (hosts, message) => {
  expect(() => cluster(hosts)).toThrow(message);
});
