import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitUntilNothingIsMissing } from '../../src/common/wait-until.js';
import type { CatalogueEntry } from '../../src/console/page-event.js';
import { RunningConsole } from '../support/browser/running-console.js';
import { type CliResult, haDemo } from '../support/cli.js';
import { theEngine } from '../support/engine-host.js';
import { projectFolder, TestWorkspace } from '../support/workspace.js';

/* `./ha-demo try --keep`: a pair that goes on after its trial, here of an older Debian. */

const CLUSTERS = join(projectFolder, 'src/check/testing/clusters');
const NAME = 'kept-pair';

let workspace: TestWorkspace;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ha-demo-kept-'));
  await cp(join(CLUSTERS, '05-right-weightless'), join(folder, NAME), { recursive: true });
  const file = join(folder, NAME, 'lb2/keepalived.conf');
  await writeFile(file, (await readFile(file, 'utf8')).replace('interface eth0', 'interface ens33'));
  workspace = await TestWorkspace.create({ name: 'ha-demo-kept', network: '192.168.81', portOffset: 1600 });
});

afterAll(async () => {
  await kept('down');
  await workspace?.remove();
  await rm(folder, { recursive: true, force: true });
});

function kept(...words: string[]): Promise<CliResult> {
  return haDemo(workspace, ['--lab', `try:${NAME}`, ...words]);
}

async function containers(): Promise<{ Id: string; Names: string[] }[]> {
  const filters = { label: [`com.docker.compose.project=ha-demo-try-${NAME}`] };
  return (await theEngine()).listContainers({ all: true, filters });
}

test('it is looked at, broken and mended by hand, and removed', async () => {
  const pair = join(folder, NAME);
  const started = await haDemo(workspace, ['try', pair, '--release', 'bookworm', '--keep']);
  expect(started).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`--lab try:${NAME} down`) });
  expect(started.stderr).not.toContain('Remove the pair');

  expect(await kept('status')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('As its files have it') });
  const probed = await kept('probe', '--rate', '20', '--duration', '2s', '--timeout', '2s', '--keep-alive', '0');
  expect(probed.stdout).toMatch(/GET http:\/\/10\.20\.30\.100\/,/);
  expect(probed.stdout).toMatch(/requests +40 sent, 0 failed/);
  expect(probed.stdout).toMatch(/answered by +app1 20, app2 20/);

  expect((await kept('kill', 'haproxy', 'lb1')).exitCode).toBe(0);
  const broken = await kept('status', '--json');
  expect(broken.exitCode).toBe(1);
  expect(JSON.parse(broken.stdout)).toMatchObject({
    healthy: false,
    problems: expect.arrayContaining(['lb1: haproxy is down']),
  });
  expect((await kept('start', 'haproxy', 'lb1')).exitCode).toBe(0);
  expect((await kept('kill', 'node', 'lb2')).exitCode).toBe(0);
  expect((await kept('start', 'node', 'lb2')).exitCode).toBe(0);
  expect((await kept('status', '--wait')).exitCode).toBe(0);
  expect((await kept('logs', 'lb1', 'keepalived', '--tail', '1000')).stdout).toContain('Keepalived v2.2.');

  const drilled = await kept('drill');
  expect(drilled.exitCode).toBe(2);
  expect(drilled.stderr).toContain(`--lab: try:${NAME} is not for drill: it is a pair that try has left`);

  const other = await haDemo(workspace, ['try', join(CLUSTERS, '04-never-tracked'), '--keep']);
  expect(other.exitCode).toBe(2);
  expect(other.stderr).toContain(`overlaps 10.20.30.0/24 of the engine's network ha-demo-try-${NAME}_lan`);

  expect(await kept('down')).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Removed \d+ containers/) });
  expect(await containers()).toEqual([]);
  const gone = await kept('status');
  expect(gone.exitCode).toBe(1);
  expect(gone.stderr).toContain(`no pair called ${NAME} is kept`);
}, 300_000);

test('it is watched on the console, and broken and mended from there', async () => {
  expect((await haDemo(workspace, ['try', join(folder, NAME), '--keep'])).exitCode).toBe(0);
  const console = await RunningConsole.start(workspace, ['--lab', `try:${NAME}`, 'console', '--port', '18097']);
  try {
    const { origin } = new URL(console.link);
    const opened = await fetch(console.link, { redirect: 'manual' });
    const cookie = opened.headers.get('set-cookie')!.split(';')[0]!;
    const [, token] = /data-token="([^"]+)"/.exec(await (await fetch(origin, { headers: { cookie } })).text())!;
    const headers = { cookie, origin, 'x-console-token': token!, 'content-type': 'application/json' };
    const wish = (what: string, body: object) =>
      fetch(`${origin}/${what}`, { method: 'POST', headers, body: JSON.stringify(body) });
    // Until it has had its first look.
    await waitUntilNothingIsMissing(
      'a catalogue',
      async () => ((await fetch(`${origin}/catalogue`, { headers })).ok ? [] : ['the lab cannot be watched yet']),
      { deadlineMs: 30_000 },
    );
    const catalogue = (await (await fetch(`${origin}/catalogue`, { headers })).json()) as CatalogueEntry[];
    expect(catalogue.map(({ fault }) => fault)).toContain('kill-haproxy');
    expect(catalogue.map(({ fault }) => fault)).not.toContain('kill-app');
    expect(catalogue[0]!.places).toMatchObject([{ place: 'lb1', predicted: '-' }, { place: 'lb2' }]);
    expect((await wish('drill', { fault: 'kill-haproxy', place: 'lb1', runs: 1 })).status).toBe(409);
    expect((await wish('break', { fault: 'kill-haproxy', place: 'lb1' })).status).toBe(204);
    await waitUntilNothingIsMissing(
      'the virtual IP on lb2',
      async () => ((await kept('status')).stdout.match(/lb2 .*10\.20\.30\.100/) ? [] : ['it is elsewhere']),
      { deadlineMs: 30_000 },
    );
    expect((await wish('heal', {})).status).toBe(204);
    expect((await kept('status')).exitCode).toBe(0);
  } finally {
    await console.stop();
  }
  expect((await kept('heal')).stdout).toBe('No drill has left anything behind.\n');
}, 180_000);

test('one whose containers have been removed by hand says so', async () => {
  expect((await haDemo(workspace, ['try', join(folder, NAME), '--keep'])).exitCode).toBe(0);
  const engine = await theEngine();
  await Promise.all((await containers()).map(({ Id }) => engine.getContainer(Id).remove({ force: true })));
  const { exitCode, stderr } = await kept('status');
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`${NAME} does not run any more: ./ha-demo try FOLDER --keep`);
  expect((await kept('down')).stdout).toMatch(/^Removed 0 containers, 1 network, 2 volumes/);
}, 120_000);

test.each([
  ['--out', 'report'],
  ['--seed', '1'],
])(
  '%s is refused where nothing is broken',
  async (...option) => {
    const { exitCode, stderr } = await haDemo(workspace, ['try', join(folder, NAME), '--keep', ...option]);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: expect.stringContaining(`${option[0]}: nothing is broken with --keep alone; --drill says what`),
    });
  },
  60_000,
);
