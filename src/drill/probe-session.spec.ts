import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Cluster } from '../cluster/cluster.js';
import { loadCluster } from '../cluster/load-cluster.js';
import { FakeClock } from '../common/testing/fake-clock.js';
import type { ProbeBreakage, ProbeEvent } from '../probe/probe-event.js';
import type { RunProbe } from './probe-process.js';
import { ProbeSession } from './probe-session.js';

const LOAD = { ratePerSecond: 100, timeoutMs: 1, keepAliveConnections: 1, downloads: 1 };

let cluster: Cluster;
let session: ProbeSession;
let tell: (event: ProbeEvent) => void;

beforeEach(async () => {
  cluster = await loadCluster(new URL('../../cluster.yaml', import.meta.url).pathname);
  const probe: RunProbe = async (_cluster, _arguments, onEvent, signal) => {
    tell = onEvent;
    const answer = { status: 200, frontend: null, backend: null, reason: null };
    tell({ event: 'sample', dueMs: 2000, lateMs: 0, latencyMs: 1, outcome: 'ok', ...answer });
    await new Promise((resolve) => signal!.addEventListener('abort', resolve));
  };
  session = await ProbeSession.start(cluster, 'frontend', LOAD, probe, new FakeClock());
});

afterEach(() => session.stop());

it.each([
  ['was reset while nothing was outstanding', { atMs: 3000, waitedMs: null }, true],
  ['fell silent in it', { atMs: 4000, waitedMs: 1000 }, true],
  ['was silent before', { atMs: 3500, waitedMs: 1000 }, false],
  ['broke before', { atMs: 2999, waitedMs: null }, false],
  ['broke after', { atMs: 5000, waitedMs: 1 }, false],
])('a time has the breakages of its own: one that %s', (_when, times, counts) => {
  const breakage: ProbeBreakage = { event: 'broken', kind: 'download', connection: 0, reason: 'timeout', ...times };
  tell(breakage);
  expect(session.breakagesBetween(3000, 5000)).toEqual(counts ? [breakage] : []);
});
