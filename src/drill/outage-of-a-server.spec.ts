import { performance } from 'node:perf_hooks';
import { expect, it } from '@jest/globals';
import { outageWindows } from './outage.js';
import { OpenLoopProbe } from '../probe/open-loop-probe.js';
import type { ProbeEvent, ProbeSample, ProbeSummary } from '../probe/probe-event.js';
import { CLOSING, ScriptedServer } from '../probe/testing/scripted-server.js';

const INTERVAL_MS = 5;
const OUTAGE_MS = 500;

/** The probe against a ruler: what the server itself says about when it began to refuse, and when it ended. */
it('an outage of half a second at the server is one for the probe, to the resolution', async () => {
  const refused: number[] = [];
  let endedMs = Infinity;
  const server = await ScriptedServer.start((socket, number) => {
    const nowMs = performance.now();
    if (number >= 40 && (refused.length === 0 || nowMs < refused[0]! + OUTAGE_MS)) {
      refused.push(nowMs);
      socket.resetAndDestroy();
      return;
    }
    if (refused.length > 0) endedMs = Math.min(endedMs, nowMs);
    socket.end(CLOSING);
  });
  const events: ProbeEvent[] = [];
  const settings = {
    ...{ target: server.target, ratePerSecond: 1000 / INTERVAL_MS, durationMs: 1500, timeoutMs: 5000, downloads: 0 },
    keepAlive: { connections: 0, intervalMs: 100, timeoutMs: 1000 },
  };
  await new OpenLoopProbe(settings, (event) => events.push(event)).run(new AbortController().signal);
  await server.stop();

  const samples = events
    .filter((event): event is ProbeSample & { event: 'sample' } => event.event === 'sample')
    .sort((one, other) => one.dueMs - other.dueMs);
  const windows = outageWindows(samples, 1500);
  expect(windows).toHaveLength(1);
  expect(windows[0]!.failed).toBe(refused.length);
  // A request is due at most so long before the server sees it; the ends may each be off by that.
  const summary = events.at(-1) as ProbeSummary;
  const slackMs = INTERVAL_MS + summary.lateness!.maxMs + summary.latency!.maxMs;
  expect(Math.abs(windows[0]!.durationMs - (endedMs - refused[0]!))).toBeLessThanOrEqual(slackMs);
  expect(endedMs - refused[0]!).toBeGreaterThanOrEqual(OUTAGE_MS);
});
