import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import type { BenchReport } from '../../src/bench/bench-report.js';
import { waitUntilNothingIsMissing } from '../../src/common/wait-until.js';
import type { Budget, DrillReport } from '../../src/drill/drill-report.js';
import { nameOf, type PlacedFault } from '../../src/drill/fault.js';
import type { ProbeSummary } from '../../src/probe/probe-event.js';
import { percentile } from '../../src/drill/spread.js';
import { Random } from '../../src/drill/random.js';
import { soakPlan } from '../../src/drill/soak-plan.js';
import { settingsFrom } from '../../src/cli/settings.js';
import { probeAt } from '../../src/drill/probe-process.js';
import { clientInLan } from '../../src/lab/compose/client-in-lan.js';
import { SideContainers } from '../../src/lab/compose/side-containers.js';
import type { SessionEvent } from '../../src/session/session-event.js';
import { haDemo } from '../support/cli.js';
import { RunningLab } from '../support/running-lab.js';
import { firstNode, projectFolder } from '../support/workspace.js';

/* Drills as a user types them. What counts is that they work and that nothing planned is lost, on a noisy machine too. */

const LIGHT = ['--rate', '50', '--keep-alive', '5', '--downloads', '1', '--timeout', '900ms'];

let running: RunningLab;
let budgets: string;

beforeAll(async () => {
  running = await RunningLab.start({ name: 'ha-demo-drills', network: '192.168.91', portOffset: 700 });
  budgets = join(running.workspace.files.folder, 'loose.yaml');
  await writeFile(budgets, stringify(await threeTimes('budgets.yaml')));
}, 180_000);

afterAll(() => running?.stop(), 60_000);

const drill = (...args: string[]) => haDemo(running.workspace, ['drill', ...LIGHT, ...args]);

/** Figures are loose, zeros are zeros. */
async function threeTimes(file: string): Promise<Record<string, Budget>> {
  const own = parse(await readFile(join(projectFolder, file), 'utf8')) as Record<string, Budget>;
  return Object.fromEntries(
    Object.entries(own).map(([fault, budget]) => [
      fault,
      Object.fromEntries(Object.entries(budget).map(([field, limit]) => [field, 3 * (limit as number)])),
    ]),
  );
}

async function reportIn(folder: string): Promise<DrillReport> {
  return JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')) as DrillReport;
}

/** Until a drill, or a soak, has written down what it is about to break. */
async function untilAtWork(): Promise<void> {
  const journal = join(running.workspace.files.stateFolder, 'drill-containers.json');
  await waitUntilNothingIsMissing('a drill at work', async () => (existsSync(journal) ? [] : ['no journal']), {
    deadlineMs: 60_000,
    intervalMs: 20,
  });
}

describe('a drill keeps three times its budget, and writes a report', () => {
  test.each([
    ['planned', 'stop-haproxy'],
    ['planned', 'stop-keepalived'],
    ['crash', 'kill-app'],
    ['crash', 'kill-haproxy'],
    ['hang', 'hang-app'],
    ['network', 'unplug-node'],
    ['network', 'partition-node'],
    ['network', 'mute-master'],
    ['network', 'lose-vip'],
    ['network', 'lose-rules'],
    ['application', 'error-app'],
  ])(
    '%s: %s',
    async (tag, fault) => {
      const out = join(running.workspace.files.folder, fault);
      const { exitCode, stdout, stderr } = await drill(fault, '--tier', 'backend', '--budget', budgets, '--out', out);
      expect({ exitCode, stderr }).toEqual({
        exitCode: 0,
        stderr: expect.stringContaining(`✓ ${fault} on backend-01`),
      });
      expect(stdout).toContain('report.html');
      const report = await reportIn(out);
      expect(report).toMatchObject({ version: 1, cluster: 'ha-demo-drills', lab: 'containers', verdict: 'pass' });
      expect(report.drills).toMatchObject([{ fault, tag, tier: 'backend', node: 'backend-01', verdict: 'pass' }]);
      expect(report.drills[0]!.statistics!.sent).toBeGreaterThan(50);
      expect(await readFile(join(out, 'junit.xml'), 'utf8')).toContain(`${fault} on backend-01`);
    },
    90_000,
  );
});

test('the report has the moments when each HAProxy saw a server go and come back', async () => {
  const out = join(running.workspace.files.folder, 'lanes');
  await drill('kill-app', '--node', 'backend-01', '--out', out);
  const lanes = (await reportIn(out)).drills[0]!.timeline!.lanes.filter(({ kind }) => kind === 'server');
  expect(lanes.map(({ name, states }) => [name, ...states.map(({ state }) => state)])).toEqual([
    ['backend-01 sees backend-01', 'UP', 'DOWN', 'UP'],
    ['backend-02 sees backend-01', 'UP', 'DOWN', 'UP'],
  ]);
}, 90_000);

test('--record writes down all that happens, on one clock', async () => {
  const file = join(running.workspace.files.folder, 'recording.jsonl');
  const { exitCode } = await drill('kill-haproxy', '--node', 'backend-01', '--record', file);
  expect(exitCode).toBe(0);
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line) as SessionEvent);
  expect(events[0]).toMatchObject({ event: 'stream-started', version: 1, atMs: 0 });
  expect(events.at(-1)).toMatchObject({ event: 'campaign-ended', verdict: 'pass' });
  const atMsOf = (isIt: (event: SessionEvent) => boolean) => events.find(isIt)?.atMs ?? NaN;
  const faultMs = atMsOf((event) => event.event === 'phase' && event.phase === 'fault');
  const healMs = atMsOf((event) => event.event === 'phase' && event.phase === 'heal');
  const movedMs = atMsOf(
    (event) =>
      event.event === 'vrrp' && event.node === 'backend-02' && event.state === 'MASTER' && event.atMs > faultMs,
  );
  expect(movedMs).toBeLessThan(healMs);
  const requests = events.filter(({ event, atMs }) => event === 'request' && atMs > faultMs && atMs < healMs);
  // 50 a second, for 0.8 s at the least.
  expect(requests.length).toBeGreaterThan(35);
}, 90_000);

test('one that costs more than its budget ends with 1, and says what', async () => {
  const file = join(running.workspace.files.folder, 'strict.yaml');
  await writeFile(file, 'kill-all-apps: { failed: 0 }\n');
  const { exitCode, stderr } = await drill('kill-all-apps', '--tier', 'frontend', '--budget', file);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/✗ kill-all-apps on frontend .*\n +run 1: \d+ failed requests \(.*status-503.*\), at most 0/);
}, 90_000);

test('--list shows the catalogue', async () => {
  const { exitCode, stdout } = await drill('--list', '--tag', 'hang');
  expect(exitCode).toBe(0);
  expect(stdout.match(/^hang +\S+/gm)).toEqual([
    'hang         hang-app',
    'hang         hang-haproxy',
    'hang         hang-keepalived',
    'hang         freeze-node',
  ]);
});

test.each([
  [['kill-proxy'], /^ha-demo: fault: kill-proxy must be one of stop-app, /],
  [['--runs', '0'], /^ha-demo: --runs: "0" must be a whole number from 1 to 1000/],
  [['--rate', 'fast'], /^ha-demo: --rate: "fast" must be a whole number/],
  [['--node', 'frontend-07'], /^ha-demo: node: frontend-07 is not in cluster.yaml/],
  [
    ['--node', 'frontend-01', '--tier', 'backend'],
    /^ha-demo: --tier: frontend-01 is in the tier frontend, not in backend/,
  ],
  [['rolling-restart', '--node', 'frontend-01'], /^ha-demo: --node: frontend-01 cannot be given for rolling-restart/],
  [['deaf-backup', '--node', 'frontend-01'], /^ha-demo: --node: frontend-01 cannot be given for deaf-backup/],
  [['--soak', '0'], /^ha-demo: --soak: "0" must be a whole number from 1 to 10000/],
  [['kill-app', '--soak', '3'], /^ha-demo: fault: kill-app cannot be given with --soak/],
  [['--budget', '/nowhere.yaml'], /^ha-demo: \/nowhere.yaml: cannot be read/],
  [
    ['--record', '/nowhere/recording'],
    /^ha-demo: --record: \/nowhere\/recording must be a file that can be written to/,
  ],
  [['lossy-link', '2'], /^ha-demo: parameter: 2 must be the share of packets that get lost/],
])('%j is refused with one line, and breaks nothing', async (args, message) => {
  const { exitCode, stderr } = await haDemo(running.workspace, ['drill', ...args]);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(message);
  await running.untilHealthy();
});

describe('a drill', () => {
  /** A drill that says that it is at work; a signal goes to all that belongs to it, as from a terminal. */
  async function onceAtWork(...flags: string[]) {
    let pid: number | undefined;
    const ended = haDemo(running.workspace, ['drill', 'hang-haproxy', '--tier', 'backend', ...LIGHT, ...flags], {
      onStart: (started) => (pid = started.pid),
      ownProcessGroup: true,
    });
    await untilAtWork();
    return { pid: pid!, ended, signal: (signal: NodeJS.Signals) => process.kill(-pid!, signal) };
  }

  /** As its recording tells: HAProxy hangs for less time than it takes a busy lab to be looked at. */
  async function onceBroken() {
    const recording = join(running.workspace.files.folder, 'recording.jsonl');
    await rm(recording, { force: true });
    const atWork = await onceAtWork('--record', recording);
    const hangs = async () => (await readFile(recording, 'utf8')).includes('"phase":"outage"');
    await waitUntilNothingIsMissing('a hung HAProxy', async () => ((await hangs()) ? [] : ['none hangs']), {
      deadlineMs: 60_000,
      intervalMs: 20,
    });
    return atWork;
  }

  test('that is interrupted by Ctrl-C heals first, and does not call it a pass', async () => {
    const { ended, signal } = await onceBroken();
    signal('SIGINT');
    const { exitCode, stdout } = await ended;
    expect(exitCode).toBe(130);
    expect(stdout).toMatch(/verdict: unknown$/m);
    const nodes = await running.lab.observe();
    expect(nodes.map(({ services }) => services.haproxy)).toEqual(['up', 'up', 'up', 'up']);
    expect((await haDemo(running.workspace, ['heal'])).stdout).toContain('No drill has left anything behind');
  }, 90_000);

  test('at work is not healed by another process', async () => {
    const { pid, ended, signal } = await onceAtWork();
    signal('SIGSTOP');
    try {
      for (const command of [() => drill('kill-app', '--tier', 'backend'), () => haDemo(running.workspace, ['heal'])]) {
        expect(await command()).toMatchObject({
          exitCode: 2,
          stderr: `ha-demo: hang-haproxy on backend-01 is being drilled by process ${pid}, which also heals; Ctrl-C there ends it\n`,
        });
      }
    } finally {
      signal('SIGCONT');
      signal('SIGINT');
      await ended;
    }
  }, 90_000);

  test('that is interrupted by SIGKILL leaves it to `heal`; until then there is no other drill, and no `up`', async () => {
    const { ended, signal } = await onceBroken();
    signal('SIGKILL');
    await ended;
    for (const command of [() => drill('kill-app', '--tier', 'backend'), () => haDemo(running.workspace, ['up'])]) {
      expect(await command()).toMatchObject({
        exitCode: 2,
        stderr: 'ha-demo: hang-haproxy on backend-01 has not been healed: ./ha-demo heal\n',
      });
    }
    expect((await haDemo(running.workspace, ['heal'])).exitCode).toBe(0);
    await running.untilHealthy();
    expect((await haDemo(running.workspace, ['heal'])).stdout).toContain('No drill has left anything behind');
  }, 90_000);
});

describe('a soak', () => {
  /** The first seed whose plan is as the test needs it: the catalogue may have grown. */
  const seedFor = (count: number, isFit: (plan: PlacedFault[][]) => boolean) => {
    for (let seed = 1; ; seed += 1)
      if (isFit(soakPlan(running.cluster, running.lab.capabilities, count, new Random(seed)))) return String(seed);
  };

  test('breaks one thing after the other, some two at once, and ends with a table', async () => {
    // Those of a whole tier take a minute each.
    const seed = seedFor(6, (plan) => plan.length < 6 && plan.flat().every(({ fault }) => fault.scope === 'node'));
    const plan = soakPlan(running.cluster, running.lab.capabilities, 6, new Random(Number(seed)));
    const { exitCode, stdout, stderr } = await drill('--soak', '6', '--seed', seed);
    expect({ exitCode, stderr, stdout }).toMatchObject({ exitCode: 0 });
    expect(stderr).toContain(`6 faults in ${plan.length} rounds, seed ${seed}`);
    for (const round of plan) expect(stderr).toContain(round.map(nameOf).join(' and '));
    for (const { fault } of plan.flat()) expect(stdout).toMatch(new RegExp(`│ ${fault.name} +│`));
    expect(stdout).toMatch(new RegExp(`6 of 6 faults, .*seed ${seed}; verdict: pass`));
    await running.untilHealthy();
  }, 180_000);

  test('that is interrupted by SIGKILL while it breaks two things leaves both to `heal`', async () => {
    const seed = seedFor(2, ([first]) => first!.length === 2 && first!.every(({ fault }) => fault.tag === 'hang'));
    let pid: number | undefined;
    const ended = haDemo(running.workspace, ['drill', '--soak', '2', '--seed', seed, ...LIGHT], {
      onStart: (started) => (pid = started.pid),
      ownProcessGroup: true,
    });
    await untilAtWork();
    process.kill(-pid!, 'SIGKILL');
    await ended;
    const { stderr } = await drill('kill-app', '--tier', 'backend');
    expect(stderr).toMatch(/^ha-demo: \S+ on \S+ and \S+ on \S+ have not been healed: .\/ha-demo heal\n$/);
    const healed = await haDemo(running.workspace, ['heal']);
    expect(healed.exitCode).toBe(0);
    expect(healed.stderr.match(/Heal \S+ on /g)).toHaveLength(2);
    await running.untilHealthy();
  }, 120_000);
});

test('is unknown, and ends with 3, when the lab is not healthy before', async () => {
  await running.lab.stopService('backend-02', 'app');
  try {
    const { exitCode, stderr } = await drill('kill-app', '--tier', 'backend');
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/\? kill-app on backend-01 .*backend-02: app is down/);
  } finally {
    await running.lab.startService('backend-02', 'app');
    await running.untilHealthy();
  }
}, 120_000);

describe('the probe, held against other measures', () => {
  /** Asks the service of backend-01, without HAProxy; `action` goes on once the probe does. */
  async function probed(action: () => Promise<void>): Promise<ProbeSummary> {
    const isRunning = Promise.withResolvers<void>();
    let summary: ProbeSummary | undefined;
    const url = `http://${serviceAddress()}/backend`;
    const flags = ['--url', url, '--duration', '6s', '--rate', '100', '--timeout', '2s', '--keep-alive', '0'];
    const ended = probeAt(clientInLan)(running.cluster, flags, (event) => {
      if (event.event === 'tick') isRunning.resolve();
      if (event.event === 'summary') summary = event;
    });
    ended.catch(isRunning.reject);
    await isRunning.promise;
    await action();
    await ended;
    return summary!;
  }

  const serviceAddress = () => `${firstNode(running.cluster, 'backend').address}:${running.cluster.ports.service}`;

  test('a service that stands still for 500 ms is a gap of 500 ms', async () => {
    const { State } = await running.container('backend-01-app').inspect();
    let stoodStillMs = 0;
    const summary = await probed(async () => {
      const fromMs = performance.now();
      process.kill(State.Pid, 'SIGSTOP');
      await pause(500);
      process.kill(State.Pid, 'SIGCONT');
      stoodStillMs = performance.now() - fromMs;
    });
    const resolutionMs = 1000 / 100 + summary.lateness!.maxMs;
    expect(summary).toMatchObject({ failed: 0 });
    // The first answers after it are slow ones. Not p95: that one is a request that met the standstill.
    const firstAnswerMs = 5 * summary.latency!.p50Ms;
    expect(Math.abs(summary.longestGap.gapMs - stoodStillMs)).toBeLessThan(resolutionMs + firstAnswerMs);
  }, 60_000);

  test('hey, at the same rate beside it, sees the same rate and the same latency', async () => {
    await new SideContainers(running.engine, running.cluster).buildLoadImage(
      projectFolder,
      settingsFrom(process.env, 'containers'),
    );
    let answers: number[] = [];
    const summary = await probed(async () => {
      const { stdout } = await promisify(execFile)('docker', [
        ...['run', '--rm', '--network', `${running.cluster.name}_lan`, '--entrypoint', 'hey', 'ha-demo/bench'],
        ...[
          '-disable-keepalive',
          '-c',
          '1',
          '-q',
          '100',
          '-z',
          '4s',
          '-o',
          'csv',
          `http://${serviceAddress()}/backend`,
        ],
      ]);
      // A line each, after the head: seconds first.
      answers = stdout
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => Number(line.split(',')[0]) * 1000);
    });
    expect(summary).toMatchObject({ failed: 0, unsent: 0, sent: 600 });
    expect(answers.length).toBeGreaterThan(4 * 100 * 0.9);
    expect(answers.length).toBeLessThan(4 * 100 * 1.1);
    const heyP50Ms = percentile(answers, 50);
    expect(summary.latency!.p50Ms).toBeGreaterThan(heyP50Ms / 3);
    expect(summary.latency!.p50Ms).toBeLessThan(heyP50Ms * 3);
  }, 120_000);
});

test('bench measures the chain, the services alone and bare servers, and leaves the lab as it was', async () => {
  const out = join(running.workspace.files.folder, 'bench');
  const args = ['bench', '--rounds', '1', '--duration', '1s', '--connections', '8', '--sizes', 'none', '--out', out];
  const { exitCode, stdout, stderr } = await haDemo(running.workspace, args);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.not.stringContaining('ha-demo:') });
  expect(stdout).toContain('bench.md');
  const report = JSON.parse(await readFile(join(out, 'bench.json'), 'utf8')) as BenchReport;
  expect(report.throughput).toMatchObject([
    { name: 'chain', errors: 0 },
    { name: 'services', errors: 0 },
    { name: 'bare', errors: 0 },
  ]);
  for (const { requestsPerSecond } of report.throughput) expect(requestsPerSecond).toBeGreaterThan(10);
  const [chain] = report.throughput;
  expect(chain!.containers.map(({ name }) => name)).toContain('backend-02 haproxy');
  // What it comes to in a second of a busy host says nothing.
  expect(report.ratios.appToBare.frontend).toBeGreaterThan(0);
  await running.untilHealthy();
}, 180_000);

test.each([
  [['--sizes', '2,9'], /^ha-demo: --sizes: 9 must be a whole number from 2 to 8/],
  [['--rounds', '0'], /^ha-demo: --rounds: "0" must be a whole number from 1 to 20/],
  [['--against', 'nothing'], /^ha-demo: --against: nothing: is no commit of the project's repository/],
])('bench refuses %j with one line', async (args, message) => {
  const { exitCode, stderr } = await haDemo(running.workspace, ['bench', ...args]);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(message);
});
