import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { GenericContainer, type StartedTestContainer } from 'testcontainers';
import { editedCluster } from '../../src/cluster/testing/edited-cluster.js';
import type { Remote } from '../../src/lab/remote.js';
import { filesIn, printFilesCommand } from '../../src/lab/update/node-questions.js';
import { HostScript } from '../../src/lab/hosts/host-script.js';
import { filesOfNode, renderConfiguration, type RenderedFiles } from '../../src/rendering/render.js';
import { projectFolder } from '../support/workspace.js';

/*
 * What the updater does on a machine, on the files of a container: commands that take systemd or change the kernel are
 * replaced by one that writes down how it was called. The tests on virtual machines have the real ones.
 */

jest.setTimeout(30_000);

const NODE = 'backend-01';
const REPLACED = ['sudo', 'systemctl', 'sysctl', 'systemd-tmpfiles', 'modprobe', 'logger'];

let container: StartedTestContainer;
let remote: Remote;
let script: HostScript;
let files: RenderedFiles;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'machine-script-'));
  container = await new GenericContainer('ha-demo/keepalived')
    .withEntrypoint(['sleep', 'infinity'])
    .withUser('root')
    .withAddedCapabilities('SYS_ADMIN')
    .start();
  // The engine's, which cannot be replaced.
  await inContainer(['bash', '-c', 'umount /etc/hosts && echo 127.0.0.1 localhost >/etc/hosts']);
  const replacement = `#!/bin/bash
    name=\${0##*/}
    [ "$name" = sudo ] && exec "$@"
    echo "$name $*" >>/calls
    [ "$name $*" != "systemctl --quiet is-active firewalld" ]`;
  for (const name of REPLACED) {
    const write = `cat >/usr/local/sbin/${name} && chmod +x /usr/local/sbin/${name}`;
    await inContainer(['bash', '-c', write], Readable.from([replacement]));
  }
  remote = {
    run: (command, input) =>
      inContainer(['bash', '-c', command], typeof input === 'object' ? input : Readable.from(input ? [input] : [])),
  };
  script = new HostScript(NODE, remote);
  const rendered = await renderConfiguration(editedCluster({}, 'machines'), join(projectFolder, 'config-templates'));
  files = filesOfNode(rendered, NODE);
}, 60_000);

afterAll(async () => {
  await container?.stop();
  await rm(folder, { recursive: true });
}, 30_000);

async function inContainer(command: string[], input: NodeJS.ReadableStream = Readable.from([])): Promise<string> {
  const child: ChildProcess = spawn('docker', ['exec', '--interactive', container.getId(), ...command]);
  const sent = pipeline(input, child.stdin!).catch(() => {});
  const [output, complaint, exitCode] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ]);
  await sent;
  if (exitCode !== 0) throw new Error(complaint.trim());
  return output;
}

/** What has been called since the last look. */
async function calls(): Promise<string[]> {
  return (await inContainer(['bash', '-c', 'cat /calls 2>/dev/null; rm -f /calls'])).split('\n').filter(Boolean);
}

const read = (path: string) => inContainer(['cat', path]);

describe('what is rendered for a node', () => {
  test('is no node before it is installed', async () => {
    expect(await script.state()).toMatchObject({ isNode: false, differing: [], images: new Map() });
  });

  test('is installed, and what takes notice of it is called', async () => {
    const hosts = await read('/etc/hosts');
    await script.install(files);
    expect(filesIn(NODE, await inContainer(printFilesCommand([...files.keys()])))).toEqual(files);
    expect(await read('/etc/systemd/system/haproxy.service')).toBe(files.get(`hosts/${NODE}/haproxy.service`));
    expect(await read('/etc/hosts')).toBe(`${hosts}${files.get(`hosts/${NODE}/hosts`)}`);
    expect(await inContainer(['stat', '--format=%a', `/etc/ha-demo/nodes/${NODE}/haproxy.cfg`])).toBe('644\n');
    expect(await calls()).toEqual(
      expect.arrayContaining([
        'modprobe macvlan',
        'sysctl --quiet --load=/etc/sysctl.d/90-ha-demo.conf',
        'systemd-tmpfiles --create /etc/tmpfiles.d/ha-demo.conf',
        'systemctl restart rsyslog',
        'systemctl --quiet enable ha-demo haproxy keepalived',
      ]),
    );
    expect(await script.state()).toMatchObject({ isNode: true, differing: [] });
  });

  test('is not written again, and nobody is called, when it is installed a second time', async () => {
    const before = await inContainer(['find', '/etc', '-newermt', '1970-01-02', '-printf', '%p %T@\n']);
    await script.install(files);
    expect(await calls()).toEqual([
      'systemctl --quiet enable ha-demo haproxy keepalived',
      'systemctl --quiet is-active firewalld',
    ]);
    const after = await inContainer(['find', '/etc', '-type', 'f', '-printf', '%p %T@\n']);
    expect(before.split('\n')).toEqual(expect.arrayContaining(after.split('\n')));
  });

  test('replaces what differs, removes what is no more, and says what a user has changed', async () => {
    const fewer = new Map([...files].filter(([path]) => !path.endsWith('/service.json')));
    fewer.set(`hosts/${NODE}/sysctl.conf`, 'net.ipv4.ip_forward = 0\n');
    await script.install(fewer);
    expect(await calls()).toEqual([
      // What they were is asked, for `purge`.
      ...['sysctl net.ipv4.ip_forward', 'sysctl net/ipv4/conf/eth0/arp_ignore', 'sysctl net/ipv4/conf/eth0/arp_filter'],
      'sysctl --quiet --load=/etc/sysctl.d/90-ha-demo.conf',
      'systemctl --quiet enable ha-demo haproxy keepalived',
      'systemctl --quiet is-active firewalld',
    ]);
    await expect(read(`/etc/ha-demo/nodes/${NODE}/service.json`)).rejects.toThrow('No such file');
    await script.install(files);
    expect((await script.state()).differing).toEqual([]);
    const edits = `echo mine >/etc/rsyslog.d/ha-demo.conf
      echo 192.0.2.1 mine >>/etc/hosts
      echo >>/etc/ha-demo/nodes/${NODE}/haproxy.cfg`;
    await inContainer(['bash', '-c', edits]);
    const differing = [`hosts/${NODE}/hosts`, `hosts/${NODE}/rsyslog.conf`, `nodes/${NODE}/haproxy.cfg`];
    expect((await script.state()).differing).toEqual(differing);
    await script.install(files);
    expect((await script.state()).differing).toEqual([]);
    expect(await read('/etc/hosts')).toContain('192.0.2.1 mine');
  });

  test('is not there when it has had no effect', async () => {
    await inContainer(['bash', '-c', 'printf "#!/bin/bash\nexit 1\n" >/usr/local/sbin/sysctl']);
    const others = new Map(files).set(`hosts/${NODE}/sysctl.conf`, 'net.ipv4.ip_forward = 0\n');
    await expect(script.install(others)).rejects.toThrow('/etc/sysctl.d/90-ha-demo.conf has no effect');
    expect((await script.state()).differing).toContain(`hosts/${NODE}/sysctl.conf`);
  });

  test('goes away with the node, and takes its services along', async () => {
    await calls();
    await script.remove();
    expect(await calls()).toEqual(['systemctl --quiet disable --now keepalived haproxy ha-demo']);
    expect(await script.state()).toMatchObject({ isNode: false, differing: [] });
  });
});

describe('the files of an image', () => {
  const idOf = async (name: string) => (await script.state()).images.get(name);

  async function unpack(id: string): Promise<void> {
    const archive = join(folder, 'image.tar.gz');
    const tar = spawn('tar', ['--create', '--directory', folder, '--files-from', '/dev/null']);
    await pipeline(tar.stdout, createGzip(), createWriteStream(archive));
    await script.unpack('service', id, archive);
  }

  test('are beside those in use until they are used, and the previous ones can be used again', async () => {
    await unpack('sha256:one');
    expect(await idOf('service')).toBeUndefined();
    await script.use('service', 'sha256:one');
    await unpack('sha256:two');
    expect((await script.state()).images).toEqual(
      new Map([
        ['service', 'sha256:one'],
        ['service.new', 'sha256:two'],
      ]),
    );
    await script.use('service', 'sha256:two');
    expect(await idOf('service.old')).toBe('sha256:one');
    await script.use('service', 'sha256:one');
    expect((await script.state()).images).toEqual(
      new Map([
        ['service', 'sha256:one'],
        ['service.old', 'sha256:two'],
      ]),
    );
    await script.use('service', 'sha256:one');
    await script.tidy();
    expect((await script.state()).images).toEqual(new Map([['service', 'sha256:one']]));
  });

  test('are in use again after an interruption between two of them', async () => {
    await inContainer(['bash', '-c', 'cd /var/lib/ha-demo/images && mv service service.was']);
    await script.use('service', 'sha256:one');
    expect((await script.state()).images).toEqual(new Map([['service', 'sha256:one']]));
  });

  test('that are not there are not used', async () => {
    await expect(script.use('service', 'sha256:three')).rejects.toThrow(
      'the image service sha256:three is not on this',
    );
    expect(await idOf('service')).toBe('sha256:one');
  });

  test('that cannot be unpacked have no id', async () => {
    const broken = join(folder, 'broken.tar.gz');
    await pipeline(Readable.from(['no archive']), createWriteStream(broken));
    await expect(script.unpack('service', 'sha256:four', broken)).rejects.toThrow('not in gzip format');
    expect(await idOf('service.new')).toBeUndefined();
  });
});
