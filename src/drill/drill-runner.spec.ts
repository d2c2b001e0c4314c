import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { type Cluster, tierOf } from '../cluster/cluster.js';
import { loadCluster } from '../cluster/load-cluster.js';
import { FakeClock } from '../common/testing/fake-clock.js';
import { InMemoryLab } from '../lab/memory/in-memory-lab.js';
import { HealFailedError, type Phase } from './break-and-mend.js';
import type { Budgets } from './budgets.js';
import { faultNamed } from './catalogue.js';
import { DrillJournal } from './drill-journal.js';
import { DrillRunner } from './drill-runner.js';
import type { Fault } from './fault.js';
import { LabWatch } from './lab-watch.js';
import { Random } from './random.js';
import { inMemoryProbe } from './testing/in-memory-probe.js';

const LOAD = { ratePerSecond: 100, timeoutMs: 1, keepAliveConnections: 0, downloads: 0 };

let cluster: Cluster;
let lab: InMemoryLab;
let folder: string;
let journal: DrillJournal;
let runner: DrillRunner;
let watch: LabWatch;
let phases: Phase[];
let stop: AbortController;

beforeEach(async () => {
  cluster = await loadCluster(new URL('../../cluster.yaml', import.meta.url).pathname);
  lab = new InMemoryLab(cluster, new FakeClock());
  folder = await mkdtemp(join(tmpdir(), 'runner-'));
  journal = new DrillJournal(join(folder, 'journal.json'));
  watch = LabWatch.start(cluster, lab);
  stop = new AbortController();
  phases = [];
});

afterEach(async () => {
  await runner.stop();
  await watch.stop();
  await rm(folder, { recursive: true });
});

interface RunOptions {
  runs?: number;
  budgets?: Budgets;
  fails?: () => boolean;
}

function run(fault: Fault, { runs = 1, budgets = {}, fails = () => false }: RunOptions = {}) {
  const onPhase = (_drill: unknown, _run: number, phase: Phase) => void phases.push(phase);
  const settings = { load: LOAD, budgets, random: new Random(1), onPhase, signal: stop.signal };
  const probe = inMemoryProbe(lab, fails);
  runner = new DrillRunner({ cluster, lab, probes: { inLan: probe, onHost: probe }, journal, watch }, settings);
  const tier = tierOf(cluster, 'frontend');
  return runner.run({ fault, target: { cluster, tier, node: tier.nodes[0]! }, runs });
}

const killHaproxy = faultNamed('kill-haproxy');

it('breaks, heals, and says what it has cost', async () => {
  const result = await run(killHaproxy, { runs: 2, budgets: { 'kill-haproxy': { failed: 0 } } });
  expect(result).toMatchObject({
    ...{ fault: 'kill-haproxy', tier: 'frontend', node: 'frontend-01', profile: 'tuned', verdict: 'pass', remarks: [] },
    statistics: { failed: 0, outageMs: { maxMs: 0 } },
    runs: [{ number: 1 }, { number: 2 }],
  });
  expect(phases.slice(0, 5)).toEqual(['steady state', 'fault', 'outage', 'heal', 'recovery']);
  const { marks } = result.runs[0]!;
  expect([marks.faultMs, marks.faultDoneMs, marks.healMs, marks.healDoneMs, marks.recoveredMs, marks.endMs]).toEqual(
    Object.values(marks).toSorted((one, other) => one - other),
  );
  expect(result.timeline!.lanes.map(({ name }) => name)).toEqual(['frontend-01 VRRP', 'frontend-02 VRRP']);
  expect(result.timeline!.steps.map(({ name }) => name)).toEqual(['fault', 'detected', 'elected']);
  expect(await journal.read()).toBeUndefined();
});

const everywhere: Fault = {
  ...killHaproxy,
  inject: (on) =>
    Promise.all(['frontend-01', 'frontend-02'].map((node) => on.killService(node, 'haproxy'))).then(() => {}),
  heal: (on) =>
    Promise.all(['frontend-01', 'frontend-02'].map((node) => on.startService(node, 'haproxy'))).then(() => {}),
  missingEffect: () => [],
  predict: () => ({ fromMs: 0, untilMs: 10, because: 'a test' }),
};

it('does not wait for the end of an outage that only the heal ends', async () => {
  const predict = () => ({ fromMs: 0, untilMs: null, because: 'a test' });
  const lasting = await run({ ...everywhere, predict });
  await runner.stop();
  const ending = await run(everywhere);
  expect(lasting.runs[0]!.measured.outages.fault).toMatchObject([{ open: true }]);
  const holdsMs = [lasting, ending].map(({ runs: [{ marks } = {}] }) => marks!.healMs - marks!.faultDoneMs);
  expect(holdsMs[0]).toBeLessThan(holdsMs[1]! / 2);
});

it('measures an outage that lasts until the heal, and holds it against the budget', async () => {
  const result = await run(everywhere, { budgets: { 'kill-haproxy': { outageP95Ms: 100, failed: 3 } } });
  expect(result.verdict).toBe('fail');
  expect(result.runs[0]!.measured.outages.fault).toMatchObject([{ open: true }]);
  expect(result.remarks).toEqual([
    expect.stringMatching(/^run 1: \d+ failed requests \(\d+ timeout\), at most 3$/),
    expect.stringMatching(/ms of outage \(p95\), at most 100$/),
    expect.stringMatching(/is far more than predicted \(10 ms\)/),
  ]);
});

it('fails when the fault has failed, and heals all the same', async () => {
  const heal = jest.fn<Fault['heal']>(async (on, target) => killHaproxy.heal(on, target));
  const inject = () => Promise.reject(new Error('no such process'));
  const result = await run({ ...killHaproxy, inject, heal });
  expect(result).toMatchObject({ verdict: 'fail', remarks: ['run 1: the fault failed: no such process'] });
  expect(heal).toHaveBeenCalledTimes(1);
});

it('fails when a node has mended itself before it was told to', async () => {
  const healedEarly = jest.spyOn(lab, 'selfHealed').mockResolvedValue(['frontend-01 has plugged itself in again']);
  const result = await run(killHaproxy);
  healedEarly.mockRestore();
  expect(result).toMatchObject({ verdict: 'fail', remarks: ['run 1: frontend-01 has plugged itself in again'] });
});

it('is unknown when the clients were not served before', async () => {
  const inject = jest.fn<Fault['inject']>(async () => {});
  const result = await run({ ...killHaproxy, inject }, { fails: () => true });
  expect(result).toMatchObject({ verdict: 'unknown', statistics: null, timeline: null });
  expect(result.remarks[0]).toMatch(/^run 1: not steady before: \d+ requests failed \(timeout\)$/);
  expect(inject).not.toHaveBeenCalled();
});

it('ends with an error when it cannot heal; the journal knows what is left', async () => {
  const heal = () => Promise.reject(new Error('no engine'));
  await expect(run({ ...killHaproxy, heal })).rejects.toThrow(
    new HealFailedError('kill-haproxy on frontend-01 could not be healed: no engine'),
  );
  expect(await journal.read()).toMatchObject({
    faults: [{ fault: 'kill-haproxy', tier: 'frontend', node: 'frontend-01' }],
  });
});

it('asks from the host while what is in the LAN ends, too', async () => {
  const probes = { inLan: inMemoryProbe(lab), onHost: inMemoryProbe(lab) };
  const [inLan, onHost] = [jest.spyOn(probes, 'inLan'), jest.spyOn(probes, 'onHost')];
  const settings = { load: LOAD, budgets: {}, random: new Random(1), onPhase: () => {}, signal: stop.signal };
  runner = new DrillRunner({ cluster, lab, probes, journal, watch }, settings);
  const target = { cluster, tier: cluster.tiers[0]!, node: cluster.tiers[0]!.nodes[0]! };
  await runner.run({ fault: killHaproxy, target, runs: 1 });
  expect([inLan, onHost].map(({ mock }) => mock.calls.length)).toEqual([1, 0]);
  const { verdict } = await runner.run({ fault: faultNamed('restart-engine'), target, runs: 1 });
  expect(verdict).toBe('pass');
  expect([inLan, onHost].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
});

it('skips by name what the lab cannot do', async () => {
  const result = await run({ ...killHaproxy, skippedBecause: () => 'it has no HAProxy' });
  expect(result).toMatchObject({ skippedBecause: 'it has no HAProxy', verdict: null, runs: [], statistics: null });
});

it('heals, then stops, when it is interrupted', async () => {
  const inject: Fault['inject'] = async (on, target) => {
    await killHaproxy.inject(on, target, stop.signal);
    stop.abort();
  };
  await expect(run({ ...killHaproxy, inject })).rejects.toThrow(/abort/);
  expect((await lab.observe())[0]).toMatchObject({ services: { haproxy: 'up' } });
  expect(await journal.read()).toBeUndefined();
});

it.each([
  ['between two services', 1],
  ['while a node warms up', 3],
])('takes no further step of a fault that is interrupted: %s', async (_when, steps) => {
  const restarted: string[] = [];
  const startService = lab.startService.bind(lab);
  const inject: Fault['inject'] = (on, target, signal) => {
    lab.startService = async (node, service) => {
      await startService(node, service);
      if (restarted.push(node) === steps) stop.abort();
    };
    return faultNamed('rolling-restart').inject(on, target, signal);
  };
  const heal = () => Promise.resolve();
  await expect(run({ ...faultNamed('rolling-restart'), inject, heal })).rejects.toThrow(/abort/);
  expect(restarted).toEqual(Array(steps).fill('frontend-02'));
});

it('takes no further step of a service that comes and goes when it is interrupted', async () => {
  const flapping = faultNamed('flapping-app');
  const killService = jest.spyOn(lab, 'killService').mockImplementationOnce(async () => stop.abort());
  await expect(run(flapping)).rejects.toThrow(/abort/);
  expect(killService).toHaveBeenCalledTimes(1);
});
