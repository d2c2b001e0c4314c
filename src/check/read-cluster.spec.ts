import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { InvalidInputError } from '../common/errors.js';
import { readCluster } from './read-cluster.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-cluster-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

const CONF = 'vrrp_instance A {\n virtual_router_id 1\n}\n';

it('a folder of folders is a node each; what stands beside them is for those that have none of their own', async () => {
  await write({
    'haproxy.cfg': 'frontend shared\n',
    'lb1/keepalived.conf': CONF,
    'lb2/keepalived.conf': CONF,
    'lb2/haproxy.cfg': 'frontend own\n',
    'notes/readme.txt': 'x',
  });
  const { nodes } = await readCluster([folder]);
  expect(nodes.map(({ name, haproxy }) => [name, haproxy?.model.proxies[0]!.name])).toEqual([
    ['lb1', 'shared'],
    ['lb2', 'own'],
  ]);
});

it('a keepalived.conf beside the folders is for all nodes, with the lines that are for each', async () => {
  await write({
    'keepalived.conf': 'vrrp_instance A {\n virtual_router_id 1\n @lb1 priority 110\n @lb2 priority 100\n}\n',
    'lb1/haproxy.cfg': 'global\n',
    'lb2/haproxy.cfg': 'global\n',
  });
  const { nodes } = await readCluster([folder]);
  expect(nodes.map(({ keepalived }) => keepalived!.model.instances[0]!.priority.value)).toEqual([110, 100]);
});

it('a folder without folders is one node, and files are a node each', async () => {
  await write({ 'keepalived.conf': CONF, 'a.conf': CONF, 'b.conf': CONF, 'x.cfg': 'frontend f\n' });
  expect((await readCluster([folder])).nodes).toHaveLength(1);
  const { nodes } = await readCluster([join(folder, 'a.conf'), join(folder, 'b.conf')], join(folder, 'x.cfg'));
  expect(
    nodes.map(({ name, keepalived, haproxy }) => [
      name,
      keepalived!.model.instances.length,
      haproxy!.model.proxies.length,
    ]),
  ).toEqual([
    ['a', 1, 1],
    ['b', 1, 1],
  ]);
});

it('a file with the name that every node has is a node with the name of its folder', async () => {
  await write({ 'lb1/keepalived.conf': CONF, 'lb2/keepalived.conf': CONF });
  const { nodes } = await readCluster(['lb1', 'lb2'].map((name) => join(folder, name, 'keepalived.conf')));
  expect(nodes.map(({ name }) => name)).toEqual(['lb1', 'lb2']);
});

it('takes files as they are copied from a node, links to folders, and files side by side', async () => {
  await write({
    'all/lb1/etc/keepalived/keepalived.conf': CONF,
    'elsewhere/keepalived.conf': CONF,
    'all/.git/keepalived.conf': CONF,
  });
  await symlink(join(folder, 'elsewhere'), join(folder, 'all/lb2'));
  expect((await readCluster([join(folder, 'all')])).nodes.map(({ name }) => name)).toEqual(['lb1', 'lb2']);
  await write({ 'flat/lb1.conf': CONF, 'flat/lb2.conf': CONF, 'flat/haproxy.cfg': 'frontend f\n' });
  const { nodes } = await readCluster([join(folder, 'flat')]);
  expect(nodes.map(({ name, haproxy }) => [name, haproxy!.model.proxies.length])).toEqual([
    ['lb1', 1],
    ['lb2', 1],
  ]);
});

it.each(['', 'root:x:0:0\n'])('refuses a keepalived.conf that is none: %j', async (text) => {
  await write({ 'keepalived.conf': text });
  await expect(readCluster([folder])).rejects.toThrow(/keepalived\.conf: no configuration of keepalived's/);
});

it('finds includes, scripts and sysctl settings beside the configuration', async () => {
  await write({
    'lb1/keepalived.conf': 'include conf.d/*.conf\n',
    'lb1/conf.d/a.conf': CONF,
    'lb1/sysctl.d/1.conf': 'net.ipv4.ip_nonlocal_bind=1\n',
    'lb1/usr/local/bin/check.sh': 'exit 0\n',
  });
  const { nodes } = await readCluster([folder]);
  expect(nodes[0]).toMatchObject({ name: 'lb1', bindsNonlocal: true });
  expect(nodes[0]!.keepalived!.model.instances).toHaveLength(1);
  expect(nodes[0]!.otherFiles.get('/usr/local/bin/check.sh')).toBe('exit 0\n');
});

it.each([
  ['nothing/', /nothing\/?: not a file or folder that can be read \(ENOENT\)$/],
  ['', /: neither keepalived\.conf nor haproxy\.cfg in it, nor in a folder per node below it$/],
])('refuses %j in a line that names it', async (path, message) => {
  await expect(readCluster([join(folder, path)])).rejects.toThrow(message);
  await expect(readCluster([join(folder, path)])).rejects.toBeInstanceOf(InvalidInputError);
});

it('refuses two nodes with one name, and a shared file that is not there', async () => {
  await write({ 'a/x.conf': CONF, 'b/x.conf': CONF });
  await expect(readCluster([join(folder, 'a/x.conf'), join(folder, 'b/x.conf')])).rejects.toThrow(
    /^x: two nodes have this name/,
  );
  await expect(readCluster([join(folder, 'a/x.conf')], join(folder, 'none.cfg'))).rejects.toThrow(
    /none\.cfg: cannot be read \(ENOENT\)$/,
  );
});
