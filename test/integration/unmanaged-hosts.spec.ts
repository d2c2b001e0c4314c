import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { stringify } from 'yaml';
import { waitUntilNothingIsMissing } from '../../src/common/wait-until.js';
import { DrillJournal } from '../../src/drill/drill-journal.js';
import type { DrillReport } from '../../src/drill/drill-report.js';
import { type CliResult, haDemo as runHaDemo } from '../support/cli.js';
import { TestHosts } from '../support/hosts/test-hosts.js';

/* A pair that ha-demo has not set up: Debian's HAProxy and keepalived, with the configuration of any introduction. */

jest.setTimeout(180_000);

const PROJECT = 'ha-demo-unmanaged';
const NETWORKS = { lan: '192.168.75', control: '192.168.74' };
const VIRTUAL_IP = '192.168.75.100';

const keepalived = (state: string, priority: number) => `global_defs {
    router_id lb
    enable_script_security
    script_user root
}

vrrp_script check_haproxy {
    script "/usr/bin/pidof haproxy"
    interval 1
    weight -20
}

vrrp_instance EDGE {
    state ${state}
    interface LAN
    virtual_router_id 51
    priority ${priority}
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass 1111
    }
    virtual_ipaddress {
        ${VIRTUAL_IP}/24
    }
    track_script {
        check_haproxy
    }
}
`;

const HAPROXY = `global
    maxconn 2000
    stats socket /run/haproxy/admin.sock mode 660 level admin

defaults
    mode http
    timeout connect 1s
    timeout client 10s
    timeout server 10s

frontend www
    bind :80
    default_backend app

backend app
    option httpchk GET /
    server app1 192.168.75.21:3000 check inter 1s
    server app2 192.168.75.22:3000 check inter 1s
`;

let hosts: TestHosts;
let folder: string;
let before: Record<string, string>;

const haDemo = (...command: string[]): Promise<CliResult> =>
  runHaDemo({ files: { folder } }, ['--lab', 'hosts', ...command]);

/** What an administrator would find changed. */
async function traces(): Promise<Record<string, string>> {
  const look = `find /etc /lib/systemd /usr/local -type f -exec sha256sum {} + | sort
    ls /run | grep -v -e '^systemd$' -e '^motd' | sort
    nft list ruleset | grep -i ha_demo
    systemctl list-units --all --no-legend '*ha-demo*'`;
  const seen = await Promise.all(['lb1', 'lb2'].map(async (name) => [name, await hosts.on(name, look)] as const));
  return Object.fromEntries(seen);
}

/** @param more of `hosts:` */
async function writeCluster(more: object): Promise<void> {
  const { nodes, ...inventory } = hosts.inventory();
  const pair = (nodes as { name: string }[]).filter(({ name }) => name !== 'client');
  await writeFile(
    join(folder, 'cluster.yaml'),
    stringify({ name: 'edge', hosts: { managed: false, ...inventory, nodes: pair, ...more } }),
  );
}

async function startServer(name: string, address: string): Promise<void> {
  const answer = `require('http').createServer((_, answer) => answer.end(JSON.stringify({ backend: '${name}' }))).listen(3000)`;
  const labels = ['--label', `com.docker.compose.project=${PROJECT}`];
  const where = ['--network', `${PROJECT}-lan`, '--ip', address, '--entrypoint', 'node'];
  await promisify(execFile)('docker', ['run', '--detach', ...labels, ...where, 'ha-demo/service', '-e', answer]);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), `${PROJECT}-`));
  hosts = await TestHosts.start({
    ...{
      project: PROJECT,
      networks: NETWORKS,
      folder: join(folder, 'access'),
      packages: 'haproxy keepalived nftables',
    },
    hosts: [
      { name: 'lb1', address: '192.168.75.11' },
      { name: 'lb2', address: '192.168.75.12' },
      { name: 'client', address: '192.168.75.30' },
    ],
  });
  await startServer('app1', '192.168.75.21');
  await startServer('app2', '192.168.75.22');
  for (const [name, text] of [
    ['lb1', keepalived('MASTER', 101)],
    ['lb2', keepalived('BACKUP', 100)],
  ] as const) {
    const lan = (await hosts.on(name, `ip -oneline -4 address | awk '/ 192.168.75./ { print $2 }'`)).trim();
    const write = (path: string, content: string) => hosts.on(name, `cat >${path} <<'END'\n${content}END`);
    await write('/etc/keepalived/keepalived.conf', text.replace('LAN', lan));
    await write('/etc/haproxy/haproxy.cfg', HAPROXY);
    await hosts.on(name, 'systemctl restart haproxy keepalived');
  }
  await writeCluster({});
  await waitUntilNothingIsMissing(
    'lb1 has the virtual IP',
    async () => ((await hosts.on('lb1', 'ip -4 address')).includes(VIRTUAL_IP) ? [] : ['it has not']),
    { deadlineMs: 30_000 },
  );
  before = await traces();
}, 300_000);

afterAll(async () => {
  await hosts?.remove();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

test('status says who has the virtual IP', async () => {
  const { exitCode, stdout } = await haDemo('status', '--wait', '--json');
  expect({ exitCode, ...(JSON.parse(stdout) as object) }).toMatchObject({
    ...{ exitCode: 0, lab: 'edge', healthy: true },
    nodes: [
      { node: 'lb1', services: { haproxy: 'up', keepalived: 'up' }, vipsHeld: [VIRTUAL_IP] },
      { node: 'lb2', services: { haproxy: 'up', keepalived: 'up' }, vipsHeld: [] },
    ],
  });
  expect((await haDemo('status')).stdout).toMatch(/lb1 +│ up +│ up +│ 192\.168\.75\.100/);
});

test('check reads the files that run there', async () => {
  const { stdout } = await haDemo('check');
  expect(stdout).toContain('lb1/etc/keepalived/keepalived.conf');
  expect(stdout).toContain('EDGE');
});

test('watch asks what haproxy.cfg offers', async () => {
  const { exitCode, stdout } = await haDemo('watch', '--interval', '100ms', '--count', '5');
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('5 requests, 0 failed') });
  expect(stdout).toMatch(/app[12]$/m);
});

test('probe counts what clients feel', async () => {
  const { stdout } = await haDemo('probe', '--rate', '20', '--duration', '2s', '--keep-alive', '0');
  expect(stdout).toMatch(/requests +40 sent, 0 failed/);
  expect(stdout).toMatch(/answered by +app1 20, app2 20/);
});

test.each([
  // systemd starts it again before keepalived looks.
  ['kill-haproxy', ['lb1']],
  ['stop-keepalived', ['lb2']],
  ['unplug-node', ['lb2']],
  ['hang-keepalived', ['lb1 and lb2']],
  ['partition-peers', ['lb1 and lb2']],
])('drill %s breaks it, says what came of it, and mends it', async (fault, masters) => {
  const out = join(folder, 'report');
  const { exitCode, stdout, stderr } = await haDemo('drill', fault, '--out', out);
  const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as DrillReport;
  const [drill] = report.drills;
  expect({ exitCode, remarks: drill!.runs[0]?.remarks, stderr }).toMatchObject({ exitCode: 0, remarks: [] });
  expect(drill).toMatchObject({ fault, skippedBecause: null, tried: { virtualIp: VIRTUAL_IP, on: 'lb1' } });
  expect(drill!.tried!.mastersThen).toEqual(masters);
  expect(stdout).toContain(fault);
  expect((await haDemo('status', '--wait')).exitCode).toBe(0);
});

test('what cannot be done to its hosts is skipped by name', async () => {
  const { stderr } = await haDemo('drill', 'partition-node');
  expect(stderr).toContain("the switch is not the lab's own");
});

describe('clients on another host', () => {
  const probe = () => ({ probe: { host: hosts.controlAddressOf('client') } });
  const filesOfClient = () => hosts.on('client', 'ls -A /tmp /home/admin');

  afterAll(() => writeCluster({}));

  test('need Node.js there', async () => {
    await writeCluster(probe());
    const { exitCode, stderr } = await haDemo('probe', '--duration', '1s');
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('has no node, which the probe needs (Node.js 22 or newer)');
  });

  test('count and drill as those on this one do, and leave nothing there', async () => {
    const filesBefore = await filesOfClient();
    await hosts.copy(process.execPath, 'client', '/usr/local/bin/node');
    const { stdout } = await haDemo('probe', '--rate', '20', '--duration', '2s', '--keep-alive', '0');
    expect(stdout).toMatch(/requests +40 sent, 0 failed/);
    const out = join(folder, 'report');
    const { exitCode } = await haDemo('drill', 'stop-keepalived', '--out', out);
    const [drill] = (JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as DrillReport).drills;
    expect({ exitCode, remarks: drill!.runs[0]!.remarks }).toEqual({ exitCode: 0, remarks: [] });
    expect(drill!.runs[0]!.measured.sent).toBeGreaterThan(20);
    expect(await filesOfClient()).toBe(filesBefore);
  });
});

test('a host is switched off and on, and status says so', async () => {
  expect((await haDemo('kill', 'node', 'lb2')).exitCode).toBe(0);
  const off = await haDemo('status');
  expect({ exitCode: off.exitCode, stdout: off.stdout }).toEqual({
    ...{ exitCode: 1, stdout: expect.stringMatching(/lb2 +│ off/) },
  });
  expect((await haDemo('start', 'node', 'lb2')).exitCode).toBe(0);
  expect((await haDemo('status', '--wait')).exitCode).toBe(0);
});

test('a host that does not answer is not one whose services are down', async () => {
  await haDemo('status');
  await hosts.endSessions('lb2');
  await hosts.on('lb2', 'systemctl stop ssh');
  const { stdout } = await haDemo('status');
  await hosts.on('lb2', 'systemctl start ssh');
  expect(stdout).toMatch(/lb2 +│ does not answer/);
  expect(stdout).not.toContain('haproxy is down');
});

describe('a pair that does not move a virtual IP back', () => {
  const rewrite = async (edit: string) => {
    for (const name of ['lb2', 'lb1'])
      await hosts.on(name, `sed -i '${edit}' /etc/keepalived/keepalived.conf && systemctl restart keepalived`);
  };
  const restartUntilAt = async (restarted: string, holder: string) => {
    await hosts.on(restarted, 'systemctl restart keepalived');
    const missing = async () =>
      (await hosts.on(holder, 'ip -4 address')).includes(VIRTUAL_IP) ? [] : [`${holder} has no virtual IP`];
    await waitUntilNothingIsMissing(`${holder} has it`, missing, { deadlineMs: 30_000 });
  };

  beforeAll(() => rewrite('s/^    state .*/    state BACKUP\\n    nopreempt/'));
  afterAll(async () => {
    await hosts.on('lb1', `sed -i 's/state BACKUP/state MASTER/' /etc/keepalived/keepalived.conf`);
    await rewrite('/nopreempt/d');
    expect((await haDemo('status', '--wait')).exitCode).toBe(0);
  });

  test('is healthy wherever it is, and not drilled while it is at the other node', async () => {
    await restartUntilAt('lb1', 'lb2');
    expect((await haDemo('status', '--wait')).exitCode).toBe(0);
    const { exitCode, stderr } = await haDemo('drill', 'stop-keepalived');
    expect({ exitCode, stderr }).toMatchObject({
      ...{ exitCode: 2, stderr: expect.stringContaining('restart keepalived on lb2') },
    });
  });

  test('is drilled, and has it where it was in the end', async () => {
    await restartUntilAt('lb2', 'lb1');
    expect((await haDemo('drill', 'stop-keepalived')).exitCode).toBe(0);
    expect(await hosts.on('lb1', 'ip -4 address')).toContain(VIRTUAL_IP);
  });

  test('is healed also when a drill was killed that was just moving it back', async () => {
    const { pid: processId } = spawnSync('true');
    await new DrillJournal(join(folder, '.ha-demo', 'drill-hosts.json')).write({
      faults: [{ fault: 'stop-keepalived', tier: 'frontend', node: 'lb1' }],
      startedAt: new Date().toISOString(),
      ...{ processId, processStart: '' },
    });
    await hosts.on('lb2', 'systemctl stop keepalived');
    expect((await haDemo('heal')).exitCode).toBe(0);
    expect((await hosts.on('lb2', 'systemctl is-active keepalived || true')).trim()).toBe('active');
  });
});

test('heal mends what a drill that was killed has left', async () => {
  const isStopped = async () => (await hosts.on('lb1', 'systemctl is-active keepalived || true')) !== 'active';
  const drilling = runHaDemo({ files: { folder } }, ['--lab', 'hosts', 'drill', 'stop-keepalived'], {
    onStart: (child) => {
      const stopped = async () => ((await isStopped()) ? [] : ['keepalived of lb1 has stopped']);
      const deadline = { deadlineMs: 60_000, intervalMs: 100 };
      void waitUntilNothingIsMissing('keepalived of lb1 has stopped', stopped, deadline).then(() =>
        child.kill('SIGKILL'),
      );
    },
  });
  await drilling;
  expect(await isStopped()).toBe(true);
  expect((await haDemo('drill', 'stop-keepalived')).stderr).toContain('has not been healed: ./ha-demo heal');
  expect((await haDemo('heal')).exitCode).toBe(0);
  expect(await isStopped()).toBe(false);
});

test.each([
  [['up'], 'its hosts are not managed by ha-demo'],
  [['down'], 'its hosts are not managed by ha-demo'],
  [['drill', 'slow-app'], 'fault: slow-app must be one of kill-haproxy'],
  [['drill', '--tier', 'backend'], '--tier: cannot be given'],
  [['stop', 'app', 'lb1'], "lb1: has no service of ha-demo's"],
])('%j is refused in a line', async (command, why) => {
  const { exitCode, stderr } = await haDemo(...command);
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain(why);
});

describe('a host', () => {
  test('whose configuration is elsewhere is named, and where to say so', async () => {
    await hosts.on('lb2', 'mv /etc/haproxy/haproxy.cfg /etc/haproxy/other.cfg');
    const { exitCode, stderr } = await haDemo('status');
    await hosts.on('lb2', 'mv /etc/haproxy/other.cfg /etc/haproxy/haproxy.cfg');
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      'lb2: /etc/haproxy/haproxy.cfg is not there; hosts.haproxy.configuration in cluster.yaml can say where it is',
    );
  });
});

test('a question that is no URL is refused before anybody is asked', async () => {
  await writeCluster({ ask: 'app' });
  const { exitCode, stderr } = await haDemo('status');
  await writeCluster({});
  expect({ exitCode, stderr }).toMatchObject({
    ...{ exitCode: 2, stderr: expect.stringContaining('cluster.yaml: hosts.ask: "app" must be a URL') },
  });
});

test('not a byte of theirs has changed', async () => {
  expect(await traces()).toEqual(before);
});
