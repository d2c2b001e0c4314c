import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { buildShells, completionsOf, type Shell } from '../support/shells/shells.js';
import { projectFolder } from '../support/workspace.js';

/* What a shell offers when somebody presses Tab. */

const haDemo = (...args: string[]) =>
  promisify(execFile)(process.execPath, [join(projectFolder, 'dist', 'cli', 'main.js'), ...args], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });

beforeAll(buildShells, 300_000);

describe.each(['bash', 'zsh', 'fish'] as const)('%s completes', (shell: Shell) => {
  let script: string;

  beforeAll(async () => {
    script = (await haDemo('complete', shell)).stdout;
  });

  test.each([
    ['commands', 'ha-demo sta', ['start', 'status']],
    ['what may be killed', 'ha-demo kill ', ['app', 'haproxy', 'keepalived', 'node']],
    ['nodes', 'ha-demo kill haproxy ', ['backend-01', 'backend-02', 'frontend-01', 'frontend-02']],
    ['faults', 'ha-demo drill kill-', ['kill-all-apps', 'kill-app', 'kill-haproxy', 'kill-keepalived']],
    ['the values of an option', 'ha-demo drill --tier ', ['backend', 'frontend']],
    ['a command below another one', 'ha-demo images ', ['save']],
  ])(
    '%s',
    async (_what, line, expected) => {
      expect((await completionsOf(shell, script, line)).toSorted()).toEqual(expected);
    },
    30_000,
  );
});

test('another shell is refused', async () => {
  await expect(haDemo('complete', 'tcsh')).rejects.toMatchObject({
    code: 2,
    stderr: 'ha-demo: shell: tcsh must be one of bash, zsh, fish\n',
  });
});
