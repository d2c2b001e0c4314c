import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { askPrograms } from '../../src/cli/ask-programs.js';
import { check } from '../../src/check/check.js';
import { readCluster } from '../../src/check/read-cluster.js';
import { theEngine } from '../support/engine-host.js';
import { projectFolder } from '../support/workspace.js';

/* What the real programs say of configurations of other people. */

let folder: string;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'ha-demo-binaries-')), 'pair');
  await cp(join(projectFolder, 'src/check/testing/clusters/05-right-weightless'), folder, { recursive: true });
});
afterEach(() => rm(join(folder, '..'), { recursive: true }));

async function edit(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(join(folder, file), 'utf8');
  expect(text).toContain(from);
  await writeFile(join(folder, file), text.replace(from, to));
}

async function checked() {
  const cluster = await readCluster([folder]);
  const said = await askPrograms(await theEngine(), cluster);
  const { findings } = check({ ...cluster, said });
  return {
    said,
    found: findings.map(
      ({ rule, position: { file, line } }) => `${rule} ${file.slice(folder.length + 1)} ${line > 1 ? 'line' : ''}`,
    ),
    happens: findings.map(({ happens }) => happens).join('\n'),
  };
}

test('a right pair has no complaints; a script that is not here is not judged', async () => {
  const { said, found } = await checked();
  expect(found).toEqual([]);
  expect(said.leftOut).toEqual([expect.stringContaining('not found'), expect.stringContaining('not found')]);
  expect(said.versions).toEqual({
    HAProxy: expect.stringMatching(/^\d+\.\d+/),
    keepalived: expect.stringMatching(/^\d+\.\d+/),
  });
}, 60_000);

test('what they refuse, and warn of, is found at its line', async () => {
  await edit('haproxy.cfg', ' check', ' chek');
  await edit('haproxy.cfg', 'mode http', 'mode http\n    option httpclose\n    errorfile 503 /nowhere/503.http');
  await edit('lb2/keepalived.conf', 'virtual_router_id', 'virtual_router_idd 7\n    virtual_router_id');
  const { found, happens, said } = await checked();
  expect(found).toContain('haproxy-refuses haproxy.cfg line');
  expect(found).toContain('keepalived-complains lb2/keepalived.conf line');
  expect(happens).toMatch(/unknown keyword 'chek'/);
  expect(happens).toMatch(/Unknown keyword 'virtual_router_idd'/);
  expect(said.leftOut).toContainEqual(expect.stringContaining('/nowhere/503.http'));
}, 60_000);
