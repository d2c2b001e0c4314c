import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { stringify } from 'yaml';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { tierOf, virtualUrl } from '../../src/cluster/cluster.js';
import { TIER_NAMES, type TierName } from '../../src/cluster/cluster-file.js';
import { waitUntilNothingIsMissing } from '../../src/common/wait-until.js';
import type { DrillReport } from '../../src/drill/drill-report.js';
import { probeAt } from '../../src/drill/probe-process.js';
import { clientOnHost } from '../../src/lab/client-command.js';
import { type ServiceName } from '../../src/node/contract.js';
import { describeLabContract } from '../contract/lab-contract.js';
import { haDemo } from '../support/cli.js';
import { RunningVms, VMS_WITHIN_MS, VMS_INTERVAL_MS } from '../support/running-vms.js';
import { losses, NOTHING_LOST, whileProbed } from '../support/while-probed.js';
import { nodeNames } from '../support/workspace.js';

jest.setTimeout(VMS_WITHIN_MS);

/**
 * A light load, in requests per second: an emulated machine needs 10 to 30 ms of a processor for a request to the backend
 * and four times as much for one to the frontend, four of them share two processors, and containers start beside it.
 */
const RATES: Record<TierName, string> = { frontend: '2', backend: '10' };

/** A patient client: what is lost never comes, however long one waits, and a starved machine may answer late. */
function load(tier: TierName): string[] {
  const keepAlive = ['--keep-alive', '2', '--keep-alive-interval', '1s', '--keep-alive-timeout', '15s'];
  return ['--rate', RATES[tier], '--timeout', '15s', ...keepAlive];
}

let vms: RunningVms;

async function logOf(node: string, service: ServiceName, { requests } = { requests: true }): Promise<string[]> {
  const output = new PassThrough();
  const log = text(output);
  const { signal } = new AbortController();
  await vms.lab.writeLogs(node, service, output, { follow: false, tail: 100, requests, signal });
  output.end();
  return (await log).split('\n');
}

beforeAll(async () => {
  vms = await RunningVms.start({ name: 'ha-demo-vms', network: '192.168.94', portOffset: 0 });
  // An emulated service that has compiled nothing yet takes many times as long, and starves what starts beside it.
  const url = virtualUrl(vms.cluster, 'frontend');
  await probeAt(clientOnHost)(vms.cluster, ['--url', url, '--duration', '45s', ...load('frontend')], () => {});
}, RunningVms.startsWithinMs);

afterAll(() => vms?.stop());

test('curl of the frontend shows who answered, and alternates', async () => {
  const answers: Record<string, string>[] = [];
  for (let request = 0; request < 8; request++) answers.push((await vms.get('frontend')) as Record<string, string>);
  const seen = (key: string) => [...new Set(answers.map((answer) => answer[key]))].sort();
  expect({ frontends: seen('frontend'), backends: seen('backend') }).toEqual({
    frontends: ['frontend-01', 'frontend-02'],
    backends: ['backend-01', 'backend-02'],
  });
});

/** What fails while a busy host lets the machines stand still says nothing about an operation. */
async function untilSteady(tier: TierName): Promise<void> {
  const missing = async () => {
    let reasons: string[] = ['an answer'];
    const flags = ['--url', virtualUrl(vms.cluster, tier), '--duration', '10s', ...load(tier)];
    await probeAt(clientOnHost)(vms.cluster, flags, (event) => {
      if (event.event !== 'summary') return;
      const { failed, failuresByReason, keepAlive } = event;
      reasons =
        failed + keepAlive.failed > 0 ? Object.keys({ ...failuresByReason, ...keepAlive.failuresByReason }) : [];
    });
    return reasons;
  };
  await waitUntilNothingIsMissing(`10 s without a failure on the tier ${tier}`, missing, { deadlineMs: VMS_WITHIN_MS });
}

describe.each(TIER_NAMES)('on the tier %s', (tier) => {
  const [first, second] = [`${tier}-01`, `${tier}-02`];

  beforeEach(() => untilSteady(tier), VMS_WITHIN_MS + 60_000);

  test.each(['keepalived', 'haproxy'])(
    'systemctl stop %s moves the virtual IP to the second node, start brings it back; the log has it',
    async (unit) => {
      await vms.on(second, 'sudo truncate --size 0 /var/log/messages');
      const summary = await whileProbed(
        vms.cluster,
        async () => {
          await vms.on(first, `sudo systemctl stop ${unit}`);
          await vms.untilHeldBy(tier, second);
          await vms.on(first, `sudo systemctl start ${unit}`);
          await vms.untilHealthy();
          await vms.untilHeldBy(tier, first);
        },
        { client: clientOnHost, tier, load: load(tier) },
      );
      expect(losses(summary)).toEqual(NOTHING_LOST);
      expect(await vms.on(second, 'sudo cat /var/log/messages')).toMatch(/keepalived.*"state":"MASTER"/);
    },
    2 * VMS_WITHIN_MS,
  );

  test(
    'systemctl stop ha-demo sends all requests to the other node, start restores full availability',
    async () => {
      const summary = await whileProbed(
        vms.cluster,
        async () => {
          await vms.on(first, 'sudo systemctl stop ha-demo');
          const answers = [await vms.get(tier), await vms.get(tier), await vms.get(tier)] as Record<string, string>[];
          expect(answers.map((answer) => answer[tier])).toEqual([second, second, second]);
          await vms.on(first, 'sudo systemctl start ha-demo');
          await vms.untilHealthy();
        },
        { client: clientOnHost, tier, load: load(tier) },
      );
      expect(losses(summary)).toEqual(NOTHING_LOST);
      const lines = await logOf(second, 'haproxy', { requests: false });
      expect(lines).toContainEqual(expect.stringMatching(`Server ${tier}/${first} is UP`));
      expect(lines.filter((line) => line.includes('"requestId"'))).toEqual([]);
    },
    2 * VMS_WITHIN_MS,
  );

  test('the statistics page answers on the virtual IP', async () => {
    const { virtualIp } = tierOf(vms.cluster, tier).virtualRouter;
    const page = await fetch(`http://${virtualIp}:${vms.cluster.ports.statistics}/`, {
      signal: AbortSignal.timeout(20_000),
    });
    expect(await page.text()).toContain('Statistics Report');
  });
});

/** What `up` did to nodes, such as `Renew app on backend-02`. */
function stepsIn(output: string): string[] {
  return [...output.matchAll(/✓ ((?:Renew|Reload|Restart|Start) .*?) {2}/g)].map(([, step = '']) => step);
}

test(
  'vagrant provision again changes nothing, but for an image that is missing on a machine: it is sent anew',
  async () => {
    await vms.on('backend-02', 'sudo rm /var/lib/ha-demo/images/service/image-id');
    const output = await vms.vagrant('provision');
    expect(stepsIn(output)).toEqual(['Renew app on backend-02']);
    expect(output.match(/nothing to do/g)).toHaveLength(3);
    await vms.untilHealthy();
  },
  4 * VMS_WITHIN_MS,
);

test(
  'status knows that each machine runs what is rendered',
  async () => {
    const { stdout } = await haDemo(vms.workspace, ['--lab', 'vms', 'status', '--wait', '--json']);
    const { nodes } = JSON.parse(stdout) as { nodes: { node: string; configuration: { state: string } }[] };
    expect(nodes.map(({ node, configuration }) => `${node} ${configuration.state}`)).toEqual(
      nodeNames(vms.cluster).map((name) => `${name} current`),
    );
  },
  VMS_WITHIN_MS,
);

describe('`up` with a change', () => {
  const HAPROXY = 'config-templates/haproxy/haproxy.cfg.hbs';
  const up = () => haDemo(vms.workspace, ['--lab', 'vms', 'up']);

  test(
    'that a node does not survive gives it the previous configuration back, and touches no other',
    async () => {
      const edit = (text: string) =>
        text.replace('bind :{{ports.tier}}', 'bind {{tier.virtualRouter.virtualIp}}:{{ports.tier}}');
      const { exitCode, stderr } = await vms.workspace.whileEdited(HAPROXY, edit, up);
      expect(stderr).toContain('frontend-02: worth less with this change; previous configuration restored');
      expect(stderr).toMatch(/^ {2}- bind :80$/m);
      expect(exitCode).toBe(1);
      expect([...new Set(stepsIn(stderr))]).toEqual(['Reload haproxy on frontend-02']);
      await vms.untilHealthy();
      expect(await up()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('nothing to do') });
    },
    4 * VMS_WITHIN_MS,
  );

  test(
    'that does not validate touches none',
    async () => {
      const edit = (text: string) => text.replace('balance roundrobin', 'balance roundrobbin');
      const { exitCode, stderr } = await vms.workspace.whileEdited(HAPROXY, edit, up);
      expect({ exitCode, steps: stepsIn(stderr) }).toEqual({ exitCode: 2, steps: [] });
      expect(stderr).toContain('haproxy refuses what cluster.yaml and the templates make');
    },
    VMS_WITHIN_MS,
  );
});

test(
  'a file of the system that somebody has taken from a machine is there again after `up`, which touches no other machine',
  async () => {
    const file = '/etc/modules-load.d/ha-demo.conf';
    await vms.on('backend-02', `sudo rm ${file}`);
    const { exitCode, stderr } = await haDemo(vms.workspace, ['--lab', 'vms', 'up']);
    expect({ exitCode, steps: stepsIn(stderr) }).toEqual({ exitCode: 0, steps: [] });
    expect(await vms.on('backend-02', `cat ${file}`)).toContain('macvlan');
  },
  2 * VMS_WITHIN_MS,
);

test('a log that is followed ends with who reads it, on the machine too', async () => {
  const reading = new AbortController();
  const output = new PassThrough({ encoding: 'utf8' });
  const options = { follow: true, tail: 1, signal: reading.signal };
  const following = vms.lab.writeLogs('backend-01', 'keepalived', output, options);
  await once(output, 'data');
  reading.abort();
  await following;
  expect(await vms.on('backend-01', 'pgrep --exact journalctl || echo none')).toBe('none\n');
});

test("a request is in the journal, HAProxy's and the service's, and what happens to servers can be read without", async () => {
  const requestId = 'looked-for-in-the-journal';
  const isAboutIt = (line: string) => line.includes(requestId);
  const lineOf = async (node: string, service: ServiceName) => {
    let line: string | undefined;
    const missing = async () => {
      line = (await logOf(node, service)).find(isAboutIt);
      return line === undefined ? [requestId] : [];
    };
    const what = `the request in the journal of ${node}'s ${service}`;
    await waitUntilNothingIsMissing(what, missing, { deadlineMs: 30_000, intervalMs: 1000 });
    return JSON.parse(line!) as Record<string, unknown>;
  };
  await vms.get('backend', { 'x-request-id': requestId });
  const ofHaproxy = await lineOf('backend-01', 'haproxy');
  expect(ofHaproxy).toMatchObject({ requestId, path: '/backend', status: 200 });
  expect(await lineOf(ofHaproxy.server as string, 'app')).toMatchObject({ requestId, url: '/backend', status: 200 });
  const events = await logOf('backend-01', 'haproxy', { requests: false });
  expect(events.filter(isAboutIt)).toEqual([]);
});

describeLabContract('ManagedHostLab', () => vms, { withinMs: VMS_WITHIN_MS, intervalMs: VMS_INTERVAL_MS });

/* What makes a host another one than a container, once: test/integration/hosts.spec.ts has the rest. */
describe('the same machines as hosts that ssh reaches, without Vagrant', () => {
  const hosts = (...command: string[]) => haDemo(vms.workspace, ['--lab', 'hosts', ...command]);
  const DRILL = [
    '--tier',
    'backend',
    '--rate',
    '20',
    '--keep-alive',
    '2',
    '--downloads',
    '0',
    '--timeout',
    '2s',
    '--runs',
    '1',
  ];

  beforeAll(async () => {
    const inventory = await vms.inventory();
    await vms.workspace.editCluster((text) => `${text}\n${stringify({ hosts: inventory })}`);
  }, VMS_WITHIN_MS);

  test(
    'are nodes already',
    async () => {
      expect(await hosts('up')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('nothing to do') });
      expect(await hosts('status', '--wait')).toMatchObject({ exitCode: 0 });
    },
    VMS_WITHIN_MS,
  );

  test(
    'are drilled, with a clock that is 90 s off: moves of the virtual IP are where they belong',
    async () => {
      await vms.on('backend-02', 'sudo date --set "90 seconds" >/dev/null');
      const out = join(vms.workspace.files.folder, 'report');
      const { stderr } = await hosts('drill', 'stop-keepalived', ...DRILL, '--out', out).finally(() =>
        vms.on('backend-02', 'sudo date --set "90 seconds ago" >/dev/null'),
      );
      const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as DrillReport;
      const { steps } = report.drills[0]!.timeline ?? { steps: [] };
      // By a clock that is ahead it would be long after the heal.
      expect({ steps: steps.map(({ name }) => name), stderr }).toMatchObject({
        steps: expect.arrayContaining(['fault', 'elected']),
      });
    },
    2 * VMS_WITHIN_MS,
  );

  test(
    'unplug themselves, and plug themselves in again',
    async () => {
      const { stdout } = await hosts('drill', 'unplug-node', ...DRILL);
      expect(stdout).not.toContain('skipped');
      await vms.untilHealthy();
    },
    2 * VMS_WITHIN_MS,
  );

  test(
    'switch themselves off where no command does it, and are waited for until somebody has switched them on',
    async () => {
      await vms.workspace.whileEdited(
        'cluster.yaml',
        (text) => text.replace(/^ {2}power:\n(?: {4}.*\n)+/m, ''),
        async () => {
          expect((await hosts('drill', 'power-off-node', ...DRILL)).stdout).toContain('skipped: nothing here switches');
          expect(await hosts('kill', 'node', 'backend-01')).toMatchObject({ exitCode: 0 });
          await vms.untilHeldBy('backend', 'backend-02');
          expect((await vms.lab.observe()).find(({ node }) => node === 'backend-01')?.power).toBe('off');
          const starting = hosts('start', 'node', 'backend-01');
          await vms.lab.startNode('backend-01');
          expect(await starting).toMatchObject({ exitCode: 0 });
        },
      );
      await vms.untilHealthy();
    },
    3 * VMS_WITHIN_MS,
  );

  test(
    'are hosts as before after down',
    async () => {
      expect(await hosts('down')).toMatchObject({ exitCode: 0 });
      const look = "sudo find / -xdev -name '*ha-demo*'; ip -oneline address show | grep -c 192.168.94.20 || true";
      expect(await vms.on('backend-01', look)).toBe('0\n');
    },
    VMS_WITHIN_MS,
  );
});

test('vagrant destroy leaves nothing', async () => {
  expect(await vms.leftovers()).not.toEqual([]);
  await vms.vagrant('destroy', '--force');
  expect(await vms.leftovers()).toEqual([]);
});
