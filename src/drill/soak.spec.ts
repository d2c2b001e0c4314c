import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Cluster, nodesOf, tierOf } from '../cluster/cluster.js';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import { labProblems } from '../lab/lab-problems.js';
import { FakeClock } from '../common/testing/fake-clock.js';
import { InMemoryLab } from '../lab/memory/in-memory-lab.js';
import { HealFailedError } from './break-and-mend.js';
import { faultNamed } from './catalogue.js';
import { DrillJournal, type JournalEntry } from './drill-journal.js';
import { type Fault, nameOf, type PlacedFault } from './fault.js';
import { Random } from './random.js';
import { Soak } from './soak.js';
import type { SoakRound } from './soak-report.js';
import { inMemoryProbe } from './testing/in-memory-probe.js';

const LOAD = { ratePerSecond: 100, timeoutMs: 1, keepAliveConnections: 0, downloads: 0 };

let cluster: Cluster;
let lab: InMemoryLab;
let folder: string;
let journal: DrillJournal;
let rounds: SoakRound[];
let stop: AbortController;
let isLosing: boolean;
let soak: Soak;

beforeEach(async () => {
  cluster = editedCluster();
  lab = new InMemoryLab(cluster, new FakeClock());
  folder = await mkdtemp(join(tmpdir(), 'soak-'));
  journal = new DrillJournal(join(folder, 'journal.json'));
  rounds = [];
  stop = new AbortController();
  isLosing = false;
  const settings = {
    ...{ load: LOAD, random: new Random(1), signal: stop.signal },
    onRound: (round: SoakRound) => void rounds.push(round),
  };
  soak = new Soak(
    cluster,
    lab,
    inMemoryProbe(lab, () => isLosing),
    journal,
    settings,
  );
});

afterEach(async () => {
  await soak.stop();
  await rm(folder, { recursive: true });
});

function at(place: string, fault: Fault): PlacedFault {
  const node = nodesOf(cluster).find(({ name }) => name === place)!;
  return { fault, target: { cluster, tier: tierOf(cluster, node.tier), node } };
}

const [killHaproxy, stopApp, slowApp] = [faultNamed('kill-haproxy'), faultNamed('stop-app'), faultNamed('slow-app')];

/** Loses requests for as long as it lasts. */
const losing = (fault: Fault): Fault => ({
  ...fault,
  inject: (...how) => fault.inject(...how).then(() => void (isLosing = true)),
  heal: (...how) => fault.heal(...how).then(() => void (isLosing = false)),
  predict: () => ({ fromMs: 0, untilMs: null, because: 'a test' }),
});

it('breaks two things at once, which the journal both knows, and has the lab healthy after each round', async () => {
  let known: JournalEntry | undefined;
  let down: string[] = [];
  const looking: Fault = {
    ...killHaproxy,
    missingEffect: (_target, seen) => {
      down = seen.filter(({ services }) => services.haproxy === 'down').map(({ node }) => node);
      return [];
    },
    heal: async (...how) => {
      known = await journal.read();
      await killHaproxy.heal(...how);
    },
  };
  await soak.run([[at('frontend-01', looking), at('backend-02', looking)], [at('backend-01', slowApp)]]);
  expect(down).toEqual(['frontend-01', 'backend-02']);
  expect(known).toMatchObject({ faults: [{ node: 'frontend-01' }, { tier: 'backend', node: 'backend-02' }] });
  expect(rounds.map(({ faults }) => faults.map(nameOf))).toEqual([
    ['kill-haproxy on frontend-01', 'kill-haproxy on backend-02'],
    ['slow-app on backend-01'],
  ]);
  expect(rounds[1]).toMatchObject({ failed: 0, remarks: [] });
  expect(rounds[1]!.sent).toBeGreaterThan(100);
  expect(labProblems(cluster, await lab.observe())).toEqual([]);
  expect(await journal.read()).toBeUndefined();
});

it('ends at the first planned operation on its own that lost requests, and not at others', async () => {
  const plan = [
    [at('backend-01', losing(slowApp))],
    [at('backend-01', losing(stopApp)), at('frontend-01', slowApp)],
    [at('backend-02', losing(stopApp))],
    [at('backend-01', slowApp)],
  ];
  await soak.run(plan);
  expect(rounds).toHaveLength(3);
  expect(rounds.every(({ failed }) => failed > 0)).toBe(true);
});

it('ends at a fault that has no effect', async () => {
  const inject = () => Promise.reject(new Error('no such process'));
  await soak.run([[at('backend-01', { ...killHaproxy, inject })], [at('backend-01', slowApp)]]);
  expect(rounds).toMatchObject([{ remarks: ['the fault failed: no such process'] }]);
});

it('ends at the first state that does not come back; the journal knows all that is left', async () => {
  const heal = () => Promise.reject(new Error('no engine'));
  const plan = [[at('frontend-01', { ...killHaproxy, heal }), at('backend-01', slowApp)], [at('backend-01', slowApp)]];
  await expect(soak.run(plan)).rejects.toThrow(
    new HealFailedError('kill-haproxy on frontend-01 could not be healed: no engine'),
  );
  expect(rounds).toEqual([]);
  expect(await journal.read()).toMatchObject({ faults: [{ fault: 'kill-haproxy' }, { fault: 'slow-app' }] });
});

it('heals, then stops, when it is interrupted', async () => {
  const inject: Fault['inject'] = async (...how) => {
    await killHaproxy.inject(...how);
    stop.abort();
  };
  await expect(
    soak.run([[at('frontend-01', { ...killHaproxy, inject })], [at('backend-01', slowApp)]]),
  ).rejects.toThrow(/abort/);
  expect(labProblems(cluster, await lab.observe())).toEqual([]);
  expect(rounds).toEqual([]);
  expect(await journal.read()).toBeUndefined();
});
