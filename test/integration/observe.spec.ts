import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parseNodeReport } from '../../src/node/node-report.js';
import { projectFolder } from '../support/workspace.js';

/*
 * The real script in its image, on a node's files that do not move: test/golden/ has them, and what is to come of them.
 */

const AT_SECONDS = 1764244801.25;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'observe-'));
  for (const part of ['run', 'etc'])
    await cp(join(projectFolder, 'test/golden', part), join(folder, part), { recursive: true });
});

afterEach(() => rm(folder, { recursive: true }));

async function observe(...options: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('docker', [
    ...['run', '--rm', '--network', 'none', '--env', 'HA_DEMO_NODE=backend-01'],
    ...['--volume', `${folder}/run:/run/ha-demo:ro`, '--volume', `${folder}/etc:/etc/ha-demo:ro`],
    ...['--entrypoint', '/usr/lib/ha-demo/observe', 'ha-demo/keepalived', ...options],
  ]);
  return stdout;
}

/** What depends on the host that the test runs on. */
const ofTheHost = { runFolderFreeBlocks: expect.any(Number) as unknown as number };

test('a node tells all that there is to tell', async () => {
  for (const file of ['run/haproxy-gone', 'etc/nodes/backend-01/service.json'])
    await utimes(join(folder, file), AT_SECONDS, AT_SECONDS);
  for (const file of ['keepalived.conf', 'node.env'])
    await utimes(join(folder, 'etc/nodes/backend-01', file), AT_SECONDS + 1, AT_SECONDS + 1);
  const now = Date.now();
  const stranger = `${now} 192.168.99.130 20 255\n`;
  await writeFile(join(folder, 'run/foreign-adverts'), `${now - 60_000} 192.168.99.131 20 255\n${stranger}`);
  await writeFile(join(folder, 'run/address-claims'), `${now} 02:42:c0:a8:63:82 12\n`);
  const golden = JSON.parse(await readFile(join(projectFolder, 'test/golden/report.json'), 'utf8')) as object;
  expect(parseNodeReport(await observe('--configuration'))).toEqual({
    ...golden,
    ...ofTheHost,
    foreignAdverts: [{ atMs: now, source: '192.168.99.130', virtualRouterId: 20, priority: 255 }],
    addressClaims: [{ atMs: now, mac: '02:42:c0:a8:63:82', count: 12 }],
  });
});

test('a node that has just been made tells that it knows nothing', async () => {
  await rm(join(folder, 'run'), { recursive: true });
  await mkdir(join(folder, 'run'));
  expect(parseNodeReport(await observe())).toEqual({
    ...{ version: 1, vrrpState: 'unknown', detectors: [], becameMaster: 0, gainedAtMs: [], lost: [] },
    ...{ secondChance: 'unknown', advertFilter: 'unknown', foreignAdverts: [], addressClaims: [] },
    ...{ link: 'up', addresses: [], servers: [], ...ofTheHost },
  });
});
