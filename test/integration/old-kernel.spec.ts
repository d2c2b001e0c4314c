import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { nodesOf } from '../../src/cluster/cluster.js';
import { SERVICE_NAMES } from '../../src/node/contract.js';
import { OldKernelProfiles } from '../support/old-kernel.js';
import { RunningLab } from '../support/running-lab.js';
import { losses, NOTHING_LOST } from '../support/while-probed.js';
import { firstNode, secondNode } from '../support/workspace.js';

/** Prints which of the system calls that Linux 3.10 does not have are there; 335 to 423 are not in use, or not by number. */
const SYSTEM_CALLS_THERE = `use Errno; print join ' ', grep { syscall($_, 0, 0, 0, 0, 0) >= 0 or not $!{ENOSYS} } 314 .. 334, 424 .. 450`;

/** System calls have other numbers elsewhere. */
const onX86 = process.arch === 'x64' ? describe : describe.skip;

let profiles: OldKernelProfiles;

beforeAll(async () => {
  profiles = await OldKernelProfiles.create();
});

afterAll(() => profiles.remove());

onX86('a kernel with the system calls of Linux 3.10, and getrandom (x86-64 only)', () => {
  let running: RunningLab;

  beforeAll(async () => {
    const lab = { name: 'ha-demo-old-kernel', network: '192.168.90', portOffset: 800 };
    running = await RunningLab.start(lab, undefined, { security_opt: [`seccomp=${profiles.linux310}`] });
  }, 120_000);

  afterAll(() => running?.stop(), 60_000);

  test('is what each container of a node has, beside its hardening', async () => {
    for (const { name } of nodesOf(running.cluster)) {
      for (const container of [name, ...SERVICE_NAMES.map((service) => `${name}-${service}`)]) {
        const { HostConfig } = await running.container(container).inspect();
        expect(HostConfig.SecurityOpt).toEqual([
          'no-new-privileges',
          expect.stringMatching(/^seccomp=.*"sched_setattr"/),
        ]);
      }
    }
    expect(await running.inContainer('frontend-01-app', ['perl', '-e', SYSTEM_CALLS_THERE])).toBe('318');
  });

  test('a planned stop of HAProxy loses nothing', async () => {
    const [first, second] = [firstNode(running.cluster, 'frontend').name, secondNode(running.cluster, 'frontend').name];
    const summary = await running.whileProbed(async () => {
      await running.lab.stopService(first, 'haproxy');
      await running.untilHeldBy('frontend', second);
      await running.lab.startService(first, 'haproxy');
      await running.untilHealthy();
      await running.untilHeldBy('frontend', first);
    });
    expect(losses(summary)).toEqual(NOTHING_LOST);
  }, 120_000);

  test('a killed HAProxy loses its virtual IP', async () => {
    const summary = await running.whileProbed(() => running.killHaproxyAndStartIt('frontend'));
    // At 50 requests per second, a second without a virtual IP would fail 50.
    expect(summary.failed).toBeLessThan(10);
  }, 120_000);
});

describe('a kernel without getrandom', () => {
  test.each([
    ['the service', []],
    ['the renderer', ['node', 'dist/rendering/main.js']],
  ])(
    '%s says so in one line',
    (_what, command) => {
      const { status, stdout, stderr } = spawnSync(
        'docker',
        [
          ...['run', '--rm', '--network', 'none', '--security-opt', `seccomp=${profiles.withoutGetrandom}`],
          ...['--env', 'HA_DEMO_NODE=backend-01', 'ha-demo/service', ...command],
        ],
        { encoding: 'utf8', timeout: 30_000 },
      );
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(/^Node\.js cannot run here: the system call getrandom, .*Function not implemented.*\n$/);
    },
    40_000,
  );
});
