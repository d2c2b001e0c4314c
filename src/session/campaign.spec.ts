import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Document } from 'yaml';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import { InvalidInputError } from '../common/errors.js';
import { FakeClock } from '../common/testing/fake-clock.js';
import { DrillJournal } from '../drill/drill-journal.js';
import { inMemoryProbe } from '../drill/testing/in-memory-probe.js';
import { InMemoryLab } from '../lab/memory/in-memory-lab.js';
import { type CampaignOrder, runCampaign } from './campaign.js';
import { EventStream } from './event-stream.js';
import type { LabSource, OpenLab } from './open-lab.js';
import type { SessionEvent } from './session-event.js';

const ORDER: CampaignOrder = {
  choice: { faultName: 'kill-haproxy', tier: 'frontend', runs: 2 },
  profiles: ['tuned'],
  load: { ratePerSecond: 100, timeoutMs: 1, keepAliveConnections: 0, downloads: 0 },
  budgets: {},
  seed: 7,
  machine: { cpus: 2, cpuModel: 'none', memoryGb: 1, kernel: '6' },
};

let folder: string;
let open: OpenLab;
let events: SessionEvent[];
let stream: EventStream;
let interrupted: AbortController;
let edits: unknown[];
let labs: LabSource;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'campaign-'));
  const cluster = editedCluster();
  const lab = new InMemoryLab(cluster, new FakeClock());
  const probe = inMemoryProbe(lab);
  const journal = new DrillJournal(join(folder, 'journal.json'));
  open = { cluster, lab, probes: { inLan: probe, onHost: probe }, journal };
  edits = [];
  labs = {
    open: async () => open,
    onEdited: async (edited, action) => {
      for (const { name, edit } of edited) {
        const document = new Document({});
        edit(document);
        edits.push(document.toJS());
        await action({ ...open, cluster: editedCluster({ profile: name }) }, name);
      }
    },
  };
  stream = new EventStream(lab.clock);
  events = [];
  stream.subscribe((event) => events.push(event));
  interrupted = new AbortController();
});

afterEach(() => rm(folder, { recursive: true }));

const run = (order: Partial<CampaignOrder> = {}) =>
  runCampaign(labs, { ...ORDER, ...order }, stream.publish, interrupted.signal);

const namesOf = (of: SessionEvent[]) => [...new Set(of.map(({ event }) => event))];

describe('a campaign', () => {
  it('says what its drills came to, and tells all that happened in one stream', async () => {
    const { report } = await run();
    expect(report).toMatchObject({ verdict: 'pass', seed: 7, drills: [{ fault: 'kill-haproxy', tier: 'frontend' }] });
    expect(events[0]).toMatchObject({ event: 'stream-started', atMs: 0 });
    expect(events[1]).toMatchObject({ event: 'campaign-started', drills: 1, runs: 2 });
    expect(events.find(({ event }) => event === 'drill-ended')).toMatchObject({ result: report.drills[0] });
    expect(events.at(-1)).toMatchObject({ event: 'campaign-ended', verdict: 'pass' });
    expect(namesOf(events).sort()).toEqual([
      ...[
        'campaign-ended',
        'campaign-started',
        'cluster',
        'drill-ended',
        'nodes',
        'phase',
        'probe-ended',
        'probe-started',
      ],
      ...['request', 'stream-started', 'vrrp'],
    ]);
  });

  it('places the fault, the move and the requests on one clock', async () => {
    await run({ choice: { ...ORDER.choice, runs: 1 } });
    const atMsOf = (isIt: (event: SessionEvent) => boolean) => events.find(isIt)!.atMs;
    const faultMs = atMsOf((event) => event.event === 'phase' && event.phase === 'fault');
    const healMs = atMsOf((event) => event.event === 'phase' && event.phase === 'heal');
    const movedMs = atMsOf(
      (event) => event.event === 'vrrp' && event.node === 'frontend-02' && event.state === 'MASTER',
    );
    expect(movedMs).toBeGreaterThanOrEqual(faultMs);
    expect(movedMs).toBeLessThan(healMs);
    const byOther = events.filter(
      (event) => event.event === 'request' && event.frontend === 'frontend-02' && event.atMs > movedMs,
    );
    expect(byOther.length).toBeGreaterThan(0);
  });

  it('runs under several profiles, that of cluster.yaml last, and holds only `tuned` to the budgets', async () => {
    const { report } = await run({ profiles: ['tuned', 'classic'], budgets: { 'kill-haproxy': { failed: 0 } } });
    expect(edits).toEqual([{ profile: 'classic' }]);
    expect(report.drills.map(({ profile, budget }) => [profile, budget])).toEqual([
      ['classic', null],
      ['tuned', { failed: 0 }],
    ]);
  });

  it('refuses what the cluster does not have before it tells anybody anything', async () => {
    await expect(run({ choice: { node: 'db-01', runs: 1 } })).rejects.toThrow(InvalidInputError);
    expect(namesOf(events)).toEqual(['stream-started']);
  });

  it('says what was done until an interruption, with the lab healed', async () => {
    stream.subscribe((event) => {
      if (event.event === 'phase' && event.run === 2 && event.phase === 'outage') interrupted.abort();
    });
    const { report, interruption, failure } = await run();
    expect([interruption?.name, failure]).toEqual(['AbortError', undefined]);
    expect(report).toMatchObject({ verdict: 'unknown', drills: [] });
    expect(await open.journal.read()).toBeUndefined();
  });

  it('fails with the first heal that fails', async () => {
    open.lab.startService = async () => Promise.reject(new Error('no engine'));
    const { report, failure } = await run();
    expect(failure!.message).toBe('kill-haproxy on frontend-01 could not be healed: no engine');
    expect(report.verdict).toBe('fail');
  });

  it('knows nothing of a lab that can do none of it', async () => {
    open = { ...open, lab: Object.assign(Object.create(open.lab) as InMemoryLab, { capabilities: {} }) };
    const { report } = await run({ choice: { faultName: 'unplug-node', tier: 'backend', runs: 1 } });
    expect(report).toMatchObject({ verdict: 'unknown', drills: [{ verdict: null }] });
  });
});
