import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { projectFolder } from '../support/workspace.js';

/* What the commands need before they begin, on a machine without an engine, where none may be installed. */

// The program takes its time to start on a busy machine.
jest.setTimeout(30_000);

const TOOLS = ['bash', 'dirname', 'uname', 'id', 'flock'];
const NO_ENGINE = /^ha-demo: no Docker engine here: /;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'front-door-'));
  for (const tool of TOOLS) await symlink(join('/usr/bin', tool), join(folder, tool));
});

afterEach(() => rm(folder, { recursive: true }));

function start(args: string[], env: NodeJS.ProcessEnv = {}) {
  return spawn(process.execPath, [join(projectFolder, 'dist', 'cli', 'main.js'), ...args], {
    env: { PATH: folder, HOME: folder, HA_DEMO_INSTALL_ENGINE: 'never', NO_COLOR: '1', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

async function run(args: string[], env?: NodeJS.ProcessEnv): Promise<{ exitCode: number; stderr: string }> {
  const child = start(args, env);
  const [stderr, [exitCode]] = await Promise.all([text(child.stderr), once(child, 'close') as Promise<[number]>]);
  return { exitCode, stderr };
}

describe('a command', () => {
  test.each([['up'], ['bench'], ['parity'], ['images', 'save'], ['test', '--vms']])(
    'that needs an engine asks for one first: %s %s',
    async (...args) => {
      const wanted = args.filter((word) => word !== undefined);
      expect(await run(wanted)).toEqual({ exitCode: 2, stderr: expect.stringMatching(NO_ENGINE) });
    },
  );

  test.each([['down'], ['bench']])(
    'for containers refuses virtual machines before it asks for anything: %s',
    async (name) => {
      for (const [args, env] of [
        [['--lab', 'vms', name], {}],
        [[name], { HA_DEMO_LAB: 'vms' }],
      ] as const) {
        const { exitCode, stderr } = await run([...args], env);
        expect({ exitCode, stderr }).toEqual({
          exitCode: 2,
          stderr: expect.stringContaining('--lab: vms is not for this'),
        });
      }
    },
  );

  test.each([[['up', '--help']], [['render', '--out', '/dev/null/nowhere']], [['drill', 'nonsense']]])(
    'that needs none does not ask for it: %j',
    async (args) => {
      expect((await run(args)).stderr).not.toMatch(NO_ENGINE);
    },
  );

  test('starts an engine with the priority that it has itself, which it lowers afterwards', async () => {
    await rm(join(folder, 'uname'));
    await writeFile(join(folder, 'uname'), '#!/bin/bash\necho "niceness $(/usr/bin/nice)" >&2\necho Linux\n', {
      mode: 0o755,
    });
    expect((await run(['up'])).stderr).toContain(`niceness ${getPriority()}\n`);
  });

  test('waits for another one that prepares the machine', async () => {
    const other = spawn('flock', [join(projectFolder, '.ha-demo', 'lock'), 'bash', '-c', 'echo locked; read'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(other.stdout, 'data');
    const waiting = start(['up']);
    const [said] = (await once(waiting.stderr, 'data')) as [Buffer];
    expect(said.toString()).toContain('Waiting for another ./ha-demo');
    other.stdin.end('\n');
    const [exitCode] = (await once(waiting, 'close')) as [number];
    expect(exitCode).toBe(2);
  });
});
