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

async function copied(name: string): Promise<string> {
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

/** fault -> who was master then */
function mastersIn(stdout: string): Record<string, string> {
  const rows = stdout.split('\n').filter((line) => line.startsWith('│') && !line.includes('as check says'));
  return Object.fromEntries(
    rows.map((line) => line.split('│').map((cell) => cell.trim())).map((cells) => [cells[1]!, cells[3]!]),
  );
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
  const edit = async (file: string, change: (text: string) => string) =>
    writeFile(join(pair, file), change(await readFile(join(pair, file), 'utf8')));
  for (const node of ['lb1', 'lb2']) {
    await edit(`${node}/keepalived.conf`, (text) =>
      text.replaceAll('eth0', 'ens33').replace(/script ".*"/, 'script "/etc/keepalived/check.sh"'),
    );
    await writeFile(join(pair, node, 'check.sh'), '#!/bin/sh\nexec systemctl is-active --quiet haproxy\n');
  }
  await edit('haproxy.cfg', (text) => text.replace(/10\.20\.30\.\d+:8080/, 'app1.example:8080'));
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

test('what cannot be run is one line with its place, and nothing is started', async () => {
  const pair = await copied('05-right-weightless');
  const cfg = await readFile(join(pair, 'haproxy.cfg'), 'utf8');
  await writeFile(join(pair, 'haproxy.cfg'), cfg.replace('mode http', 'mode tcp'));
  const { exitCode, stdout, stderr } = await haDemo(workspace, ['try', pair]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(/haproxy\.cfg:\d+: no frontend with `mode http`/);
  expect(await leftOf('05-right-weightless')).toBe(0);
}, 60_000);

test('what HAProxy does not take is one line with its place, and everything is removed', async () => {
  const pair = await copied('05-right-weightless');
  const cfg = await readFile(join(CLUSTERS, '05-right-weightless/haproxy.cfg'), 'utf8');
  await writeFile(join(pair, 'haproxy.cfg'), cfg.replace('balance roundrobin', 'balance roundrobbin'));
  const { exitCode, stderr } = await haDemo(workspace, ['try', pair]);
  expect(stderr).toMatch(
    /ha-demo: lb\d: haproxy has ended: .*05-right-weightless\/haproxy\.cfg:\d+\] : balance only supports/,
  );
  expect(exitCode).toBe(2);
  expect(await leftOf('05-right-weightless')).toBe(0);
}, 120_000);
