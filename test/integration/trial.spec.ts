import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DrillReport } from '../../src/drill/drill-report.js';
import { haDemo } from '../support/cli.js';
import { theEngine } from '../support/engine-host.js';
import { projectFolder, TestWorkspace } from '../support/workspace.js';

/* `./ha-demo try`: configurations of other people, run and broken. What check says of each must come true. */

const CLUSTERS = join(projectFolder, 'src/check/testing/clusters');

let workspace: TestWorkspace;
let folder: string;

beforeAll(async () => {
  workspace = await TestWorkspace.create({ name: 'ha-demo-trial', network: '192.168.82', portOffset: 1500 });
  folder = await mkdtemp(join(tmpdir(), 'ha-demo-trial-'));
});

afterAll(async () => {
  await workspace?.remove();
  await rm(folder, { recursive: true, force: true });
});

/** What an earlier test has changed is as it was. */
async function copied(name: string): Promise<string> {
  await rm(join(folder, name), { recursive: true, force: true });
  await cp(join(CLUSTERS, name), join(folder, name), { recursive: true });
  return join(folder, name);
}

async function leftOf(name: string): Promise<number> {
  const filters = { label: [`com.docker.compose.project=ha-demo-try-${name}`] };
  const engine = await theEngine();
  return (await engine.listContainers({ all: true, filters })).length + (await engine.listNetworks({ filters })).length;
}

/** A busy host keeps a prober from its rate: such a drill is not known, and has no master in the table. */
const KNOWN = [0, 3];

/** Requests that failed before anything was broken, for another reason than a busy host. */
const REFUSED = /not steady before: \d+ requests failed \((?!(?:connect-)?timeout)/;

/** The rows of the table, by its head. */
function rowsIn(stdout: string): Record<string, string>[] {
  const lines = stdout.split('\n').filter((line) => line.startsWith('│'));
  const [head, ...rows] = lines.map((line) => line.split('│').map((cell) => cell.trim()));
  return rows.map((cells) => Object.fromEntries(cells.map((cell, at) => [head![at]!, cell])));
}

/** fault -> who was master then */
function mastersIn(stdout: string): Record<string, string> {
  return Object.fromEntries(rowsIn(stdout).map((row) => [row['fault']!, row['master then']!]));
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const before = await readFile(file, 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  await writeFile(file, after);
}

/** Tries a pair whose clients are answered before anything is broken. @returns what it printed */
async function drilled(pair: string, ...options: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await haDemo(workspace, ['try', pair, ...options]);
  expect(stderr).toContain('✓ Steady state');
  expect(KNOWN).toContain(exitCode);
  expect(stderr).not.toMatch(REFUSED);
  return stdout;
}

test.each([
  ['01-weight-below-gap', 'lb1'],
  ['02-nopreempt-with-weight', 'lb1'],
  ['04-never-tracked', 'lb1'],
  ['05-right-weightless', 'lb2'],
  ['08-peers-miss-each-other', 'lb2'],
  ['11-v3-fast-right', 'lb2'],
])(
  '%s: who is master when HAProxy has been killed, and when the host has lost its power',
  async (name, master) => {
    const drills = ['--drill', 'kill-haproxy', 'power-off-node'];
    const { exitCode, stdout, stderr } = await haDemo(workspace, ['try', await copied(name), ...drills]);
    expect(KNOWN).toContain(exitCode);
    expect(stderr).toContain('✓ Remove the pair');
    const { 'kill-haproxy': killed, 'power-off-node': off } = mastersIn(stdout);
    expect(`${killed}${off}`).not.toBe('');
    expect(['', master]).toContain(killed);
    expect(['', 'lb2']).toContain(off);
    expect(await leftOf(name)).toBe(0);
  },
  180_000,
);

test('names, an interface of another name, and a script beside the configuration: all of it runs as it is', async () => {
  const pair = await copied('05-right-weightless');
  for (const node of ['lb1', 'lb2']) {
    await edit(join(pair, node, 'keepalived.conf'), (text) =>
      text.replaceAll('eth0', 'ens33').replace(/script ".*"/, 'script "/etc/keepalived/check.sh"'),
    );
    await writeFile(join(pair, node, 'check.sh'), '#!/bin/sh\nexec systemctl is-active --quiet haproxy\n');
  }
  await edit(join(pair, 'haproxy.cfg'), (text) => text.replace(/10\.20\.30\.\d+:8080/, 'app1.example:8080'));
  const before = await readFile(join(pair, 'lb1/keepalived.conf'), 'utf8');
  const { exitCode, stdout, stderr } = await haDemo(workspace, [
    ...['try', pair, '--drill', 'kill-haproxy', 'stop-keepalived', 'unplug-node', '--out', join(folder, 'report')],
  ]);
  expect(stderr).toContain('✓ Start the pair');
  expect(KNOWN).toContain(exitCode);
  expect(stdout).toContain('on ens33');
  expect(stdout).toMatch(/app1\.example:8080\): a stand-in/);
  const masters = Object.values(mastersIn(stdout));
  expect(masters).toHaveLength(3);
  expect(new Set(masters.filter((one) => one !== ''))).toEqual(new Set(['lb2']));
  const { drills } = JSON.parse(await readFile(join(folder, 'report/report.json'), 'utf8')) as DrillReport;
  expect(drills.map(({ fault }) => fault)).toEqual(['kill-haproxy', 'stop-keepalived', 'unplug-node']);
  // The kernel of the node that gets the address tells of the move.
  const lanes = drills.flatMap(({ timeline }) => timeline?.lanes ?? []).filter(({ name }) => name === 'lb2 VRRP');
  expect(lanes.some(({ states }) => states.some(({ state }) => state === 'MASTER'))).toBe(true);
  expect(await readFile(join(pair, 'lb1/keepalived.conf'), 'utf8')).toBe(before);
}, 240_000);

test('three nodes: the one with the highest priority of the others is master then', async () => {
  const trio = await copied('05-right-weightless');
  await cp(join(trio, 'lb2'), join(trio, 'lb3'), { recursive: true });
  await edit(join(trio, 'lb3/keepalived.conf'), (text) =>
    text.replace('priority 100', 'priority 90').replace('lb2', 'lb3'),
  );
  const { exitCode, stdout, stderr } = await haDemo(workspace, ['try', trio, '--drill', 'kill-haproxy', 'unplug-node']);
  expect(stderr).toContain('✓ Start the pair');
  expect(KNOWN).toContain(exitCode);
  expect(stdout).toContain('lb1 and lb2 and lb3, on ');
  expect(new Set(Object.values(mastersIn(stdout)).filter((one) => one !== ''))).toEqual(new Set(['lb2']));
}, 180_000);

test('active/active: each virtual router is drilled on its own master, and the other one stays', async () => {
  const { exitCode, stdout, stderr } = await haDemo(workspace, [
    ...['try', await copied('10-active-active'), '--drill', 'kill-haproxy', 'stop-keepalived'],
  ]);
  expect(stderr).toContain('✓ Start the pair');
  expect(KNOWN).toContain(exitCode);
  const rows = rowsIn(stdout);
  expect(rows.map((row) => [row['fault'], row['virtual IP'], row['on']])).toEqual([
    ['kill-haproxy', '10.20.30.100', 'lb1'],
    ['stop-keepalived', '10.20.30.100', 'lb1'],
    ['kill-haproxy', '10.20.30.101', 'lb2'],
    ['stop-keepalived', '10.20.30.101', 'lb2'],
  ]);
  const other = { lb1: 'lb2', lb2: 'lb1' };
  expect(stderr).not.toMatch(REFUSED);
  for (const row of rows.filter(({ verdict }) => verdict === 'pass'))
    expect(row['master then']).toBe(other[row['on'] as 'lb1']);
}, 240_000);

test('TCP, with a health check of a database: its sessions break, and come again', async () => {
  const pair = await copied('05-right-weightless');
  await edit(join(pair, 'haproxy.cfg'), (text) =>
    text
      .replace('mode http', 'mode tcp')
      .replace('bind *:80', 'bind *:3306')
      .replaceAll(':8080', ':3306')
      .replace('option httpchk GET /healthz', 'option mysql-check user haproxy'),
  );
  const stdout = await drilled(pair, '--drill', 'kill-haproxy');
  expect(stdout).toContain('10.20.30.100, port 3306 over TCP, with 20 sessions beside');
  const [row] = rowsIn(stdout);
  expect(['', 'lb2']).toContain(row!['master then']);
  // All that were open, and again when the master comes back.
  if (row!['verdict'] === 'pass') expect(parseInt(row!['broken sessions']!)).toBeGreaterThanOrEqual(20);
}, 180_000);

test('servers that die: one until it is taken out at the most, all for as long as it lasts; the virtual IP stays', async () => {
  const pair = await copied('05-right-weightless');
  // One is on the nodes themselves, and the health check wants more than 200.
  await edit(join(pair, 'haproxy.cfg'), (text) =>
    text
      .replace('10.20.30.22:8080', '127.0.0.1:8080')
      .replace('GET /healthz', 'GET /healthz\n    http-check expect string ready'),
  );
  const rows = rowsIn(await drilled(pair, '--drill', 'kill-server', 'hang-server', 'kill-all-servers'));
  expect(rows.map((row) => [row['fault'], row['on']])).toEqual([
    ['kill-server', 'pool/app1'],
    ['hang-server', 'pool/app1'],
    ['kill-all-servers', 'pool'],
  ]);
  const [one, hung, all] = rows;
  for (const row of rows) expect(['', 'lb1']).toContain(row['master then']);
  expect(one!['predicted']).toBe('0 to 2000 ms');
  if (hung!['verdict'] === 'pass') expect(hung!['as check says']).toBe('-');
  if (all!['verdict'] === 'pass') expect(all).toMatchObject({ outage: 'until it was mended' });
}, 180_000);

test('HTTPS, by a host name, to servers with TLS and the PROXY protocol; the certificate is missing', async () => {
  const pair = await copied('05-right-weightless');
  await edit(join(pair, 'haproxy.cfg'), (text) =>
    text
      .replace(
        'bind *:80',
        'bind *:80\n    bind *:443 ssl crt /etc/haproxy/site.pem\n    http-request redirect scheme https unless { ssl_fc }\n    http-request deny unless { hdr(host) -i app.example } { path /login }',
      )
      .replaceAll(/:8080 check/g, ':8443 check ssl verify none send-proxy'),
  );
  const ask = ['--ask', 'https://app.example/login'];
  const stdout = await drilled(pair, ...ask, '--drill', 'kill-haproxy');
  expect(stdout).toContain('10.20.30.100, https, port 443, /login of app.example');
  expect(stdout).toContain('lb1: /etc/haproxy/site.pem is not beside haproxy.cfg: a certificate of its own');
  const [row] = rowsIn(stdout);
  expect(['', 'lb2']).toContain(row!['master then']);
}, 180_000);

test('what no table of check has: a reload, a keepalived that hangs, a switch in silence, and peers that do not hear each other', async () => {
  const drills = ['reload-haproxy', 'hang-keepalived', 'partition-node', 'partition-peers'];
  const stdout = await drilled(await copied('05-right-weightless'), '--drill', ...drills);
  const masters = mastersIn(stdout);
  expect(Object.keys(masters)).toEqual(drills);
  expect(['', 'lb1']).toContain(masters['reload-haproxy']);
  for (const name of drills.slice(1)) expect(['', 'lb1 and lb2']).toContain(masters[name]);
}, 180_000);

test('what cannot be run is one line with its place, and nothing is started', async () => {
  const pair = await copied('05-right-weightless');
  await edit(join(pair, 'haproxy.cfg'), (text) => text.replace('bind *:80', 'bind 127.0.0.1:80'));
  const { exitCode, stdout, stderr } = await haDemo(workspace, ['try', pair]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(/haproxy\.cfg:\d+: no frontend at 10\.20\.30\.100 leads to servers/);
  expect(await leftOf('05-right-weightless')).toBe(0);
}, 60_000);

test('what HAProxy does not take is one line with its place, and everything is removed', async () => {
  const pair = await copied('05-right-weightless');
  await edit(join(pair, 'haproxy.cfg'), (text) => text.replace('balance roundrobin', 'balance roundrobbin'));
  const { exitCode, stderr } = await haDemo(workspace, ['try', pair]);
  expect(stderr).toMatch(
    /ha-demo: lb\d: haproxy has ended: .*05-right-weightless\/haproxy\.cfg:\d+\] : balance only supports/,
  );
  expect(exitCode).toBe(2);
  expect(await leftOf('05-right-weightless')).toBe(0);
}, 120_000);
