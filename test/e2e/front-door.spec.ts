import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { projectFolder } from '../support/workspace.js';

/* What the front door makes of its arguments: the functions of ./ha-demo, without what runs it. */

function frontDoor(call: string, args: string[], env: NodeJS.ProcessEnv = {}): string {
  const script = `eval "$(sed -n '/^[a-z_]*() {$/,/^}$/p' "$0")"; ${call} "$@" && echo yes || echo no`;
  return execFileSync('bash', ['-c', script, `${projectFolder}/ha-demo`, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], ...env },
  })
    .toString()
    .trim();
}

describe('the front door', () => {
  test.each([
    [['up'], 'up'],
    [['--lab', 'containers', 'up'], 'up'],
    [['--lab=containers', 'up'], 'up'],
    [['drill', 'up'], 'drill'],
    [['--help'], ''],
  ])('finds the command of %j', (args, command) => {
    expect(frontDoor('command_of', args)).toBe([command, 'yes'].filter(Boolean).join('\n'));
  });

  test.each<[string[], NodeJS.ProcessEnv, string]>([
    [['up'], {}, 'yes'],
    [['--lab', 'containers', 'up'], {}, 'yes'],
    [['up', '--help'], {}, 'no'],
    [['status'], {}, 'no'],
    [['up'], { HA_DEMO_LAB: 'vms' }, 'no'],
    [['--lab', 'vms', 'up'], {}, 'no'],
    [['--lab=containers', 'up'], { HA_DEMO_LAB: 'vms' }, 'yes'],
    [['test', '--vms'], { HA_DEMO_LAB: 'vms' }, 'yes'],
  ])('of %j with %j: an engine is needed: %s', (args, env, needed) => {
    expect(frontDoor('needs_engine', args, env)).toBe(needed);
  });
});
