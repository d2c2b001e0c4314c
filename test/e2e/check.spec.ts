import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { projectFolder } from '../support/workspace.js';

/* `./ha-demo check` as a user calls it: in a folder of theirs, where no engine answers. */

const CLUSTERS = join(projectFolder, 'src/check/testing/clusters');

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ha-demo-check-'));
  await cp(join(CLUSTERS, '01-weight-below-gap'), join(folder, 'wrong'), { recursive: true });
  await cp(join(CLUSTERS, '05-right-weightless'), join(folder, 'right'), { recursive: true });
  await cp(join(CLUSTERS, '07-check-asks-the-application'), join(folder, 'warned'), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

/** A busy host needs a while to start a program. */
jest.setTimeout(30_000);

async function haDemoCheck(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const command = [join(projectFolder, 'dist/cli/main.js'), 'check', ...args];
  const env = { PATH: process.env['PATH'], DOCKER_HOST: 'unix:///nowhere.sock', NO_COLOR: '1' };
  try {
    return { exitCode: 0, ...(await promisify(execFile)(process.execPath, command, { cwd: folder, env })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { exitCode: code, stdout, stderr };
  }
}

test('names what is wrong by the path that was given, and ends with 1', async () => {
  const { exitCode, stdout, stderr } = await haDemoCheck('wrong');
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
  expect(stdout).toMatch(/\nwrong\/lb1\/keepalived\.conf\n {2}10:5 {3}error {2}weight-smaller-than-priority-gap\n/);
  expect(stdout).toMatch(/HAProxy dies +│ lb1 +│ nobody moves, for ever/);
  expect(stdout).toMatch(/\n1 error, 0 warnings\n$/);
});

test.each([
  [['right'], 0],
  [['warned'], 0],
  [['warned', '--fail-on', 'warning'], 1],
  [['right', '--fail-on', 'info'], 0],
  [['wrong/lb1/keepalived.conf', 'wrong/lb2', '--haproxy', 'wrong/haproxy.cfg'], 1],
  [[], 0],
])('%j ends with %d', async (args, exitCode) => {
  expect(await haDemoCheck(...args)).toMatchObject({ exitCode, stderr: '' });
});

test('writes JSON, SARIF and JUnit', async () => {
  const { stdout } = await haDemoCheck('wrong', '--json', '--sarif', 'check.sarif', '--junit', 'check.xml');
  expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, counts: { error: 1 } });
  expect(JSON.parse(await readFile(join(folder, 'check.sarif'), 'utf8'))).toMatchObject({ version: '2.1.0' });
  expect(await readFile(join(folder, 'check.xml'), 'utf8')).toContain('weight-smaller-than-priority-gap');
});

describe('refuses in one line, with 2', () => {
  test.each([
    [['nowhere'], 'ha-demo: nowhere: not a file or folder that can be read (ENOENT)\n'],
    [['right', '--haproxy', 'nowhere.cfg'], 'ha-demo: nowhere.cfg: cannot be read (ENOENT)\n'],
    [
      ['right', '--binaries'],
      'ha-demo: the Docker engine does not answer (connect ENOENT /nowhere.sock); ./ha-demo doctor says how to mend it\n',
    ],
    [['right', '--sarif', 'nowhere/x'], 'ha-demo: --sarif: nowhere/x cannot be written (ENOENT)\n'],
  ])('%j', async (args, stderr) => {
    expect(await haDemoCheck(...args)).toEqual({ exitCode: 2, stdout: '', stderr });
  });

  test('a severity that does not exist', async () => {
    const { exitCode, stderr } = await haDemoCheck('right', '--fail-on', 'bad');
    expect(exitCode).toBe(2);
    expect(stderr).toContain("'bad' is invalid. Allowed choices are error, warning, info.");
  });
});
