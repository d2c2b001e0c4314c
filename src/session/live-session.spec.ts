import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { editedCluster } from '../cluster/testing/edited-cluster.js';
import { InvalidInputError } from '../common/errors.js';
import { FakeClock } from '../common/testing/fake-clock.js';
import { faultNamed } from '../drill/catalogue.js';
import { DrillJournal, startOf } from '../drill/drill-journal.js';
import { type PlacedFault, targetAt } from '../drill/fault.js';
import { inMemoryProbe } from '../drill/testing/in-memory-probe.js';
import { InMemoryLab } from '../lab/memory/in-memory-lab.js';
import { EventStream } from './event-stream.js';
import { LiveSession } from './live-session.js';
import type { LabSource, OpenLab } from './open-lab.js';
import type { SessionEvent } from './session-event.js';

const LOAD = { ratePerSecond: 100, timeoutMs: 1, keepAliveConnections: 0, downloads: 0 };

const MACHINE = { cpus: 2, cpuModel: 'none', memoryGb: 1, kernel: '6' };
const ORDER = { load: LOAD, budgets: {}, seed: 7, machine: MACHINE };

let folder: string;
let open: OpenLab;
let labs: LabSource;
let events: SessionEvent[];
let ended: AbortController;
let session: LiveSession;
let running: Promise<void>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'live-session-'));
  const cluster = editedCluster();
  const lab = new InMemoryLab(cluster, new FakeClock());
  const probe = inMemoryProbe(lab);
  const journal = new DrillJournal(join(folder, 'journal.json'));
  open = { cluster, lab, probes: { inLan: probe, onHost: probe }, journal };
  labs = {
    open: async () => open,
    onEdited: async (edited) => {
      if (edited.length > 0) throw new Error('nobody edits');
    },
  };
  const stream = new EventStream(lab.clock);
  events = [];
  stream.subscribe((event) => events.push(event));
  ended = new AbortController();
  session = new LiveSession(labs, ORDER, stream.publish, ended.signal, lab.clock);
  running = session.run();
  await until(() => events.some(({ event }) => event === 'request'));
});

afterEach(async () => {
  ended.abort();
  await running;
  await rm(folder, { recursive: true });
});

/** Lets the session go on until something holds; the time of its lab passes at once. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 20_000; turn += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`it does not come: ${JSON.stringify(events.at(-1))}`);
}

const placed = (fault: string, node: string): PlacedFault => ({
  fault: faultNamed(fault),
  target: targetAt(open.cluster, { tier: 'frontend', node }),
});

const told = <Name extends SessionEvent['event']>(name: Name) =>
  events.filter((event): event is Extract<SessionEvent, { event: Name }> => event.event === name);

const isTold = (name: SessionEvent['event'], after = 0) => events.slice(after).some(({ event }) => event === name);

describe('a lab that is watched', () => {
  it('is told as what it is, how its nodes are, and what clients get', () => {
    expect(told('cluster')).toMatchObject([{ name: 'ha-demo', profile: 'tuned', tiers: [{}, {}] }]);
    expect(told('nodes')[0]!.nodes.map(({ node }) => node)).toContain('backend-02');
    expect(told('standing')).toMatchObject([{ faults: [], owner: 'this' }]);
    expect(told('probe-started')).toHaveLength(1);
  });

  it('that is away is said to be, and is watched again when it is back', async () => {
    labs.open = async () => Promise.reject(new Error('ha-demo is not up'));
    open.lab.observe = async () => Promise.reject(new Error('no engine'));
    await until(() => isTold('lost'));
    expect(told('lost')[0]).toMatchObject({ because: 'no engine' });
    expect(() => session.openLab()).toThrow(InvalidInputError);
    labs.open = async () => open;
    Reflect.deleteProperty(open.lab, 'observe');
    const before = told('cluster').length;
    await until(() => told('cluster').length > before);
  });
});

describe('a fault by hand', () => {
  it('stands until it is healed, with the journal knowing of it', async () => {
    await session.breakByHand(placed('kill-haproxy', 'frontend-01'));
    await until(() => told('standing').at(-1)?.faults.length === 1);
    expect(await open.journal.read()).toMatchObject({ faults: [{ fault: 'kill-haproxy', node: 'frontend-01' }] });
    expect(told('vrrp')).toContainEqual(expect.objectContaining({ node: 'frontend-02', state: 'MASTER' }));
    await session.heal();
    expect(told('phase').map(({ phase }) => phase)).toEqual(['fault', 'outage', 'heal', 'recovery']);
    expect(told('mended')).toMatchObject([{ fault: 'kill-haproxy', node: 'frontend-01', remarks: [] }]);
    expect(await open.journal.read()).toBeUndefined();
  });

  it('that is over when it is done needs no heal', async () => {
    await session.breakByHand(placed('restart-app', 'frontend-01'));
    await until(() => isTold('mended'));
    expect(await open.journal.read()).toBeUndefined();
  });

  it.each(['lossy-link', 'slow-app', 'error-app', 'starve-node'])(
    'stands, though nobody can look for its effect: %s',
    async (fault) => {
      await session.breakByHand(placed(fault, 'frontend-01'));
      const from = events.length;
      // Longer than one that is over when it is done is waited with.
      await until(() => events.slice(from).filter(({ event }) => event === 'request').length > 500);
      expect(isTold('mended')).toBe(false);
      await session.heal();
      expect(isTold('mended')).toBe(true);
    },
  );

  it('is the only one', async () => {
    await session.breakByHand(placed('kill-haproxy', 'frontend-01'));
    await expect(session.breakByHand(placed('kill-app', 'frontend-02'))).rejects.toThrow(
      'kill-haproxy on frontend-01 is broken: Heal first',
    );
    await expect(session.drill({ runs: 1 }, () => {})).rejects.toThrow('Heal first');
    await session.heal();
  });

  it('cannot be one that takes the clients away, or that the lab cannot do', async () => {
    open.lab.capabilities.restartsEngine = true;
    await expect(session.breakByHand(placed('restart-engine', 'frontend-01'))).rejects.toThrow('it ends the clients');
    open.lab.capabilities.unplugsNodes = false;
    await expect(session.breakByHand(placed('unplug-node', 'frontend-01'))).rejects.toThrow(
      'unplug-node on frontend-01',
    );
  });

  it('is mended when the session ends', async () => {
    await session.breakByHand(placed('kill-haproxy', 'frontend-01'));
    await until(() => isTold('vrrp'));
    ended.abort();
    await running;
    expect(isTold('mended')).toBe(true);
    expect(await open.journal.read()).toBeUndefined();
  });

  it('that cannot be healed is told, and can be healed again', async () => {
    await session.breakByHand(placed('kill-haproxy', 'frontend-01'));
    open.lab.startService = async () => Promise.reject(new Error('no engine'));
    await expect(session.heal()).rejects.toThrow('kill-haproxy on frontend-01 could not be healed: no engine');
    expect(told('mended')).toMatchObject([
      { isHealed: false, remarks: ['kill-haproxy on frontend-01 could not be healed: no engine'] },
    ]);
    Reflect.deleteProperty(open.lab, 'startService');
    await session.heal();
    expect(await open.journal.read()).toBeUndefined();
  });
});

describe('a session that ends', () => {
  it('before it has begun does not begin', async () => {
    const aborted = AbortSignal.abort();
    await new LiveSession(labs, ORDER, () => {}, aborted, open.lab.clock).run();
  });

  it('takes no wishes any more', async () => {
    ended.abort();
    await expect(session.breakByHand(placed('kill-haproxy', 'frontend-01'))).rejects.toThrow('this console is ending');
    await expect(session.drill({ runs: 1 }, () => {})).rejects.toThrow('this console is ending');
  });

  it('says what it could not mend', async () => {
    await session.breakByHand(placed('kill-haproxy', 'frontend-01'));
    open.lab.startService = async () => Promise.reject(new Error('no engine'));
    await until(() => isTold('vrrp'));
    ended.abort();
    await expect(running).rejects.toThrow('kill-haproxy on frontend-01 could not be healed: no engine');
    expect(await open.journal.read()).toMatchObject({ faults: [{ fault: 'kill-haproxy' }] });
    running = Promise.resolve();
  });
});

describe('what others have broken', () => {
  const entry = { faults: [{ fault: 'kill-haproxy', tier: 'frontend', node: 'frontend-01' }] as const, startedAt: '' };

  it('is told; what an interrupted drill has left can be healed', async () => {
    await open.journal.write({ ...entry, faults: [...entry.faults], processId: 2 ** 22 + 1, processStart: 'gone' });
    await open.lab.killService('frontend-01', 'haproxy');
    await until(() => told('standing').at(-1)?.owner === 'nobody');
    await session.heal();
    expect(await open.journal.read()).toBeUndefined();
    await expect(session.heal()).rejects.toThrow('nothing is broken on purpose');
  });

  it('is left to a drill that is at work', async () => {
    const processStart = startOf(process.ppid);
    await open.journal.write({ ...entry, faults: [...entry.faults], processId: process.ppid, processStart });
    await until(() => told('standing').at(-1)?.owner === 'another');
    await expect(session.heal()).rejects.toThrow(`process ${process.ppid} drills it, and mends it`);
    await open.journal.clear();
  });
});

describe('a drill', () => {
  it('is run with clients of its own, and its report is handed over', async () => {
    const verdicts: string[] = [];
    const choice = { faultName: 'kill-haproxy', node: 'frontend-01', runs: 2 };
    await session.drill(choice, ({ report }) => verdicts.push(report.verdict));
    await until(() => isTold('campaign-ended'));
    const end = events.length;
    await until(() => isTold('request', end));
    expect(verdicts).toEqual(['pass']);
    expect(told('drill-ended')).toHaveLength(1);
    const at = (name: SessionEvent['event']) => events.findIndex(({ event }) => event === name);
    const meanwhile = events.slice(at('campaign-started'), at('campaign-ended'));
    expect(meanwhile.filter(({ event }) => event === 'probe-started')).toHaveLength(1);
    expect(told('probe-started')).toHaveLength(3);
  });

  it('ends with heal, its fault mended', async () => {
    await session.drill({ faultName: 'kill-haproxy', node: 'frontend-01', runs: 100 }, () => {});
    await until(() => told('phase').some(({ phase }) => phase === 'outage'));
    await session.heal();
    expect(told('campaign-ended')).toHaveLength(1);
    expect(await open.journal.read()).toBeUndefined();
  });

  it('that goes wrong says why', async () => {
    await session.drill({ faultName: 'kill-haproxy', node: 'frontend-01', runs: 1 }, () => {});
    open.lab.startService = async () => Promise.reject(new Error('no engine'));
    await until(() => isTold('campaign-ended'));
    expect(told('campaign-ended')).toMatchObject([
      { verdict: 'fail', because: 'kill-haproxy on frontend-01 could not be healed: no engine' },
    ]);
    await open.journal.clear();
  });

  it('that the cluster has no place for is refused at once', async () => {
    await expect(session.drill({ faultName: 'kill-haproxy', node: 'db-01', runs: 1 }, () => {})).rejects.toThrow(
      InvalidInputError,
    );
  });
});
