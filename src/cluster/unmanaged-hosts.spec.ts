import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { loadCluster } from './load-cluster.js';
import { editedClusterYaml } from './testing/edited-cluster.js';
import { unmanagedClusterIn } from './unmanaged-hosts.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unmanaged-'));
});

afterEach(() => rm(folder, { recursive: true }));

async function written(text: string): Promise<string> {
  const path = join(folder, 'cluster.yaml');
  await writeFile(path, text);
  return path;
}

const HOSTS = 'hosts: { managed: false, user: ops, nodes: [{ name: lb1, host: 10.0.0.1 }, { name: lb2 }] }';

it('is as packages of Debian and Red Hat have it, unless it says otherwise', async () => {
  expect(unmanagedClusterIn(await written(`name: edge\n${HOSTS}`))).toMatchObject({
    name: 'edge',
    inventory: { user: 'ops', nodes: [{ name: 'lb1', host: '10.0.0.1' }, { name: 'lb2' }] },
    haproxy: { unit: 'haproxy', configuration: '/etc/haproxy/haproxy.cfg' },
    keepalived: { unit: 'keepalived', configuration: '/etc/keepalived/keepalived.conf' },
  });
  const own = HOSTS.replace('user: ops', 'haproxy: { unit: lb@edge, configuration: /opt/lb/edge.cfg }');
  expect(unmanagedClusterIn(await written(`name: edge\n${own}`))?.haproxy).toEqual({
    ...{ unit: 'lb@edge', configuration: '/opt/lb/edge.cfg' },
  });
});

it('leaves other labs of the same file alone', async () => {
  const path = await written(`${editedClusterYaml()}\n${HOSTS}`);
  expect((await loadCluster(path)).hosts).toBeUndefined();
  expect(unmanagedClusterIn(path)?.name).toBe('ha-demo');
});

it('is none where hosts are managed, or not there', async () => {
  expect(unmanagedClusterIn(await written(editedClusterYaml()))).toBeUndefined();
  expect(unmanagedClusterIn(await written('hosts: { nodes: [] }'))).toBeUndefined();
  expect(unmanagedClusterIn(join(folder, 'none.yaml'))).toBeUndefined();
});

it.each([
  ['hosts: { managed: false, nodes: [{ name: lb1 }] }', /name: is missing/],
  ['name: edge\nhosts: { managed: false, nodes: [{ name: lb1 }] }', /hosts\.nodes: must have at least two hosts/],
  ['name: edge\nhosts: { managed: false, nodes: x }', /hosts\.nodes: "x" must be /],
  [`name: edge\n${HOSTS.replace('lb2', 'lb1')}`, /hosts\.nodes\[1\]\.name: lb1 is there twice/],
  [`name: edge\n${HOSTS.replace('user: ops', 'haproxy: { unit: a b }')}`, /hosts\.haproxy\.unit: "a b" must be a unit/],
  [
    `name: edge\n${HOSTS.replace('user: ops', 'haproxy: { configuration: $(x) }')}`,
    /configuration: "\$\(x\)" must be a path/,
  ],
  [`name: edge\n${HOSTS.replace('user: ops', 'sudo: no')}`, /hosts\.sudo: is not a known field/],
])('refuses %j', async (text, message) => {
  const path = await written(text);
  expect(() => unmanagedClusterIn(path)).toThrow(message);
});
