import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntilNothingIsMissing } from '../../src/common/wait-until.js';
import { type CliResult, haDemo } from '../support/cli.js';
import { ipOnEngineHost, theEngine } from '../support/engine-host.js';
import { onMacvlan, TestWorkspace } from '../support/workspace.js';

/* What `up` does when something is in its way, and when something happens to it half way. */

const LAB = { name: 'ha-demo-trouble', network: '192.168.92', portOffset: 500 };

let workspace: TestWorkspace;

beforeAll(async () => {
  workspace = await TestWorkspace.create(LAB);
});

afterAll(async () => {
  await haDemo(workspace, ['down']);
  await workspace.remove();
}, 60_000);

const docker = async (...args: string[]) => (await promisify(execFile)('docker', args)).stdout.trim();

/** The ids of everything that carries the lab's name. */
async function whatIsThere(): Promise<string[]> {
  const ofThisLab = ['--quiet', '--filter', `label=com.docker.compose.project=${LAB.name}`];
  const found = [
    await docker('ps', '--all', ...ofThisLab),
    await docker('network', 'ls', ...ofThisLab),
    await docker('volume', 'ls', ...ofThisLab),
  ];
  return found.filter(Boolean);
}

/** What `up` says, apart from its steps. */
function complaint({ stderr }: CliResult): string[] {
  return stderr.split('\n').filter((line) => line !== '' && !/^ {2}[✓✗] /.test(line));
}

describe('up refuses, with one line, and starts nothing', () => {
  afterAll(async () => expect(await whatIsThere()).toEqual([]));

  test('a LAN that is another Docker network', async () => {
    const id = await docker('network', 'create', '--subnet', '192.168.92.0/26', 'ha-demo-trouble-other');
    try {
      const result = await haDemo(workspace, ['up']);
      expect(result.exitCode).toBe(2);
      expect(complaint(result)).toEqual([
        `ha-demo: cluster.yaml: lan.subnet: 192.168.92.0/24 overlaps 192.168.92.0/26 of this host's interface br-${id.slice(0, 12)}; choose another subnet, and addresses in it`,
      ]);
    } finally {
      await docker('network', 'rm', 'ha-demo-trouble-other');
    }
  }, 30_000);

  test('a LAN that another route leads to', async () => {
    await ipOnEngineHost('route', 'replace', '192.168.0.0/17', 'dev', 'docker0');
    try {
      const result = await haDemo(workspace, ['up']);
      expect(result.exitCode).toBe(2);
      expect(complaint(result)).toEqual([
        "ha-demo: cluster.yaml: lan.subnet: 192.168.92.0/24 overlaps 192.168.0.0/17 of this host's interface docker0; choose another subnet, and addresses in it",
      ]);
    } finally {
      await ipOnEngineHost('route', 'delete', '192.168.0.0/17', 'dev', 'docker0');
    }
  }, 30_000);

  test("a port of the gateway's that something else listens on", async () => {
    const { published } = (await workspace.cluster()).tiers[1]!;
    const other = createServer().listen(published.statistics, '127.0.0.1');
    await once(other, 'listening');
    try {
      const result = await haDemo(workspace, ['up']);
      expect(result.exitCode).toBe(2);
      expect(complaint(result)).toEqual([
        `ha-demo: cluster.yaml: tiers.backend.published.statistics: ${published.statistics} is in use by something else on 127.0.0.1; choose another port`,
      ]);
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  }, 30_000);

  test('a parent of a macvlan LAN that is not there', async () => {
    const result = await workspace.whileEdited('cluster.yaml', onMacvlan('eth77'), () => haDemo(workspace, ['up']));
    expect(result.exitCode).toBe(2);
    expect(complaint(result)).toEqual([
      expect.stringMatching(/^ha-demo: cluster\.yaml: lan\.parent: eth77 is not an interface of this host; there are /),
    ]);
  }, 30_000);
});

describe('up, half way', () => {
  const untilRunning = (container: string) =>
    waitUntilNothingIsMissing(
      `${container} is running`,
      async () => {
        const running = await docker('ps', '--quiet', '--filter', `name=^${LAB.name}-${container}-1$`);
        return running === '' ? [container] : [];
      },
      { deadlineMs: 30_000, intervalMs: 50 },
    );

  test('interrupted with Ctrl-C: a second `up` completes it', async () => {
    const interrupted = await haDemo(workspace, ['up'], {
      ownProcessGroup: true,
      onStart: ({ pid }) => void untilRunning('frontend-01').then(() => process.kill(-pid!, 'SIGINT')),
    });
    expect(interrupted.exitCode).not.toBe(0);
    expect(interrupted.stdout).not.toContain('is up');
    const again = await haDemo(workspace, ['up']);
    expect({ exitCode: again.exitCode, complaint: complaint(again) }).toEqual({ exitCode: 0, complaint: [] });
    expect((await haDemo(workspace, ['status'])).exitCode).toBe(0);
  }, 120_000);

  test('interrupted with Ctrl-C: `down` leaves nothing', async () => {
    await haDemo(workspace, ['down']);
    await haDemo(workspace, ['up'], {
      ownProcessGroup: true,
      onStart: ({ pid }) => void untilRunning('backend-01').then(() => process.kill(-pid!, 'SIGINT')),
    });
    expect(await whatIsThere()).not.toEqual([]);
    expect((await haDemo(workspace, ['down'])).exitCode).toBe(0);
    expect(await whatIsThere()).toEqual([]);
  }, 120_000);

  test('robbed of a container: it names the service, and a second `up` starts it', async () => {
    const engine = await theEngine();
    const container = engine.getContainer(`${LAB.name}-frontend-02-haproxy-1`);
    const starts = await engine.getEvents({ filters: { event: ['start'], container: [container.id] } });
    const ended = new AbortController();
    const [robbed] = await Promise.all([
      haDemo(workspace, ['up']).finally(() => ended.abort()),
      once(starts, 'data', ended).then(() => container.kill()),
    ]).finally(() => (starts as Readable).destroy());
    expect(robbed.exitCode).toBe(1);
    expect(complaint(robbed)).toEqual(['ha-demo: frontend-02: haproxy is down: ./ha-demo logs frontend-02 haproxy']);
    const again = await haDemo(workspace, ['up']);
    expect({ exitCode: again.exitCode, stderr: again.stderr }).toEqual({
      exitCode: 0,
      stderr: expect.stringContaining('✓ Renew haproxy on frontend-02'),
    });
  }, 120_000);
});
