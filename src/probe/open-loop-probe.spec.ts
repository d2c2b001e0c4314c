import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from '@jest/globals';
import { OpenLoopProbe, type ProbeSettings } from './open-loop-probe.js';
import type { ProbeBreakage, ProbeEvent, ProbeSampleEvent, ProbeStarted, ProbeSummary } from './probe-event.js';
import type { ProbeTarget } from './probe-target.js';
import {
  CLOSING,
  KEPT_ALIVE,
  type RequestHandler,
  ScriptedServer,
  stall,
  startIndependentServer,
} from './testing/scripted-server.js';

let server: ScriptedServer | undefined;
let worker: Worker | undefined;

afterEach(async () => {
  await server?.stop();
  await worker?.terminate();
  server = worker = undefined;
});

const NO_KEEP_ALIVE = { connections: 0, intervalMs: 100, timeoutMs: 1_000 };

function settings(target: ProbeTarget, change: Partial<ProbeSettings> = {}): ProbeSettings {
  return {
    target,
    ratePerSecond: 100,
    durationMs: 300,
    timeoutMs: 5_000,
    keepAlive: NO_KEEP_ALIVE,
    downloads: 0,
    ...change,
  };
}

async function serve(onRequest: RequestHandler): Promise<ProbeTarget> {
  server = await ScriptedServer.start(onRequest);
  return server.target;
}

const politely: RequestHandler = (socket, _number, request) =>
  request.includes('Connection: close') ? socket.end(CLOSING) : socket.write(KEPT_ALIVE);

async function run(
  probeSettings: ProbeSettings,
  onEvent: (event: ProbeEvent, stop: AbortController) => void = () => {},
) {
  const stop = new AbortController();
  const events: ProbeEvent[] = [];
  await new OpenLoopProbe(probeSettings, (event) => {
    events.push(event);
    onEvent(event, stop);
  }).run(stop.signal);
  return {
    events,
    samples: events.filter((event): event is ProbeSampleEvent => event.event === 'sample'),
    breakages: events.filter((event): event is ProbeBreakage => event.event === 'broken'),
    summary: events.at(-1) as ProbeSummary,
  };
}

describe('OpenLoopProbe', () => {
  it('sends at its rate, each request on a connection of its own, beside the keep-alive connections', async () => {
    const target = await serve(politely);
    const keepAlive = { connections: 3, intervalMs: 50, timeoutMs: 5_000 };
    const { events, samples, breakages, summary } = await run(settings(target, { keepAlive }));

    expect(events[0]).toMatchObject({ event: 'started', url: target.url, ratePerSecond: 100, durationMs: 300 });
    expect(summary.event).toBe('summary');
    expect(samples.map(({ dueMs }) => dueMs).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 30 }, (_, index) => index * 10),
    );
    expect(summary).toMatchObject({ durationMs: 300, failed: 0, failuresByReason: {} });
    expect(summary.sent + summary.unsent).toBe(30);
    expect(summary.answersByFrontend).toEqual({ 'frontend-02': summary.ok });
    expect(summary.keepAlive).toMatchObject({ connections: 3, failed: 0, broken: 0, reopened: 0 });
    expect(summary.keepAlive.requests).toBeGreaterThanOrEqual(3);
    expect(breakages).toEqual([]);
    expect(server!.connections).toBe(summary.sent + 3);
    expect(server!.requests).toBe(summary.sent + summary.keepAlive.requests);
  });

  it('puts its start on the clock that other processes have', async () => {
    const before = { wallClockMs: Date.now(), monotonicMs: Number(process.hrtime.bigint()) / 1e6 };
    const { events } = await run(settings(await serve(politely)));
    const started = events[0] as ProbeStarted;
    expect(started.wallClockMs - before.wallClockMs).toBeGreaterThanOrEqual(0);
    expect(started.monotonicMs - before.monotonicMs).toBeGreaterThanOrEqual(0);
    expect(started.monotonicMs - before.monotonicMs).toBeLessThan(5_000);
  });

  it('goes on sending while the service is frozen, and counts latency from the due time', async () => {
    const FROZEN_MS = 300;
    const held: (() => void)[] = [];
    let frozen = true;
    const target = await serve((socket) => {
      const answer = () => socket.end(CLOSING);
      if (frozen) held.push(answer);
      else answer();
      if (held.length === 1) {
        setTimeout(() => {
          frozen = false;
          held.forEach((release) => release());
        }, FROZEN_MS);
      }
    });
    const { samples, summary } = await run(settings(target, { durationMs: 600 }));
    expect(summary.failed).toBe(0);
    expect(held.length).toBeGreaterThan(5);
    expect(summary.longestGap.gapMs).toBeGreaterThan(FROZEN_MS - 10);
    const first = samples.find(({ dueMs }) => dueMs === 0)!;
    const second = samples.find(({ dueMs, outcome }) => dueMs > 0 && outcome === 'ok')!;
    expect(first.latencyMs).toBeGreaterThan(FROZEN_MS - 10);
    expect(second.latencyMs! + second.dueMs).toBeGreaterThan(FROZEN_MS - 10);
  });

  it('gives up at the timeout', async () => {
    const { samples, summary } = await run(settings(await serve(() => {}), { timeoutMs: 100 }));
    expect(summary.sent + summary.unsent).toBe(30);
    expect(summary.failuresByReason).toEqual({ timeout: summary.sent });
    expect(summary).toMatchObject({ ok: 0, latency: null, longestGap: { fromMs: 0, gapMs: 300 } });
    for (const { latencyMs } of samples.filter(({ outcome }) => outcome === 'failed')) {
      expect(latencyMs).toBeGreaterThan(95);
    }
  });

  it('counts the timeout from the due time, also when it was late', async () => {
    const target = await serve(() => {});
    setTimeout(() => stall(45), 100);
    const { samples } = await run(settings(target, { ratePerSecond: 200, timeoutMs: 1_000 }));
    const late = samples.filter(({ outcome, lateMs }) => outcome === 'failed' && lateMs > 20);
    expect(Math.min(...late.map(({ latencyMs }) => latencyMs!))).toBeLessThan(1_015);
  });

  it('reports when and how a keep-alive connection broke', async () => {
    const target = await serve((socket, number) =>
      number === 5 ? socket.resetAndDestroy() : socket.write(KEPT_ALIVE),
    );
    const keepAlive = { connections: 2, intervalMs: 20, timeoutMs: 5_000 };
    const { breakages, summary } = await run(settings(target, { ratePerSecond: 1, keepAlive, timeoutMs: 1_000 }));
    expect(breakages).toHaveLength(summary.keepAlive.broken);
    expect(breakages[0]).toMatchObject({ event: 'broken', kind: 'keep-alive', reason: 'ECONNRESET' });
    expect(breakages[0]!.atMs).toBeGreaterThan(0);
    expect([0, 1]).toContain(breakages[0]!.connection);
  });

  it('reports when and how a download broke', async () => {
    let begun = 0;
    const target = await serve((socket, _number, request) => {
      if (!request.startsWith('GET /frontend/download ')) return socket.end(CLOSING);
      begun += 1;
      return begun === 1 ? socket.resetAndDestroy() : socket.write(CLOSING.slice(0, -1));
    });
    const { breakages, summary, events } = await run(
      settings(target, { ratePerSecond: 1, durationMs: 1_500, downloads: 1 }),
    );
    expect(breakages[0]).toEqual({
      event: 'broken',
      kind: 'download',
      atMs: expect.any(Number),
      connection: 0,
      reason: 'ECONNRESET',
      waitedMs: expect.any(Number),
    });
    expect(breakages[0]!.atMs).toBeGreaterThan(0);
    const downloads = { connections: 1, completed: 0, broken: 1, failuresByReason: { ECONNRESET: 1 } };
    expect(breakages).toHaveLength(1);
    expect(summary.downloads).toEqual(downloads);
    expect(events.find(({ event }) => event === 'tick')).toMatchObject({ downloads });
  });

  it('spreads the downloads over the time that one takes, and cuts them short at its own end', async () => {
    let downloads = 0;
    let cut: Promise<unknown> | undefined;
    const target = await serve((socket, _number, request) => {
      if (!request.includes('/download ')) return socket.end(CLOSING);
      downloads += 1;
      cut = new Promise((resolve) => socket.on('close', resolve));
      socket.write(CLOSING.slice(0, -1));
    });
    const { breakages, summary } = await run(settings(target, { downloads: 2 }));
    await cut;
    expect(downloads).toBe(1);
    expect(summary.downloads).toEqual({ connections: 2, completed: 0, broken: 0, failuresByReason: {} });
    expect(breakages).toEqual([]);
  });

  it.each([
    [1_000, 50],
    [200, 40],
  ])(
    'does not send what a stall has held up, with a timeout of %d ms, for longer than %d ms',
    async (timeoutMs, maxLateMs) => {
      const STALL_MS = 400;
      const independent = await startIndependentServer(CLOSING, 0);
      worker = independent.worker;
      let samplesSeen = 0;
      const { samples, summary } = await run(
        settings(independent.target, { durationMs: 1_000, timeoutMs }),
        ({ event }) => {
          if (event === 'sample' && (samplesSeen += 1) === 20) stall(STALL_MS);
        },
      );
      expect(summary.failed).toBe(0);
      expect(summary.sent + summary.unsent).toBe(100);
      // All that was due during the stall, but for its last 50 ms.
      expect(summary.unsent).toBeGreaterThanOrEqual(STALL_MS / 10 - 7);
      expect(summary.unsentByReason).toEqual({ 'prober-late': summary.unsent });
      expect(summary.lateness!.maxMs).toBeGreaterThan(STALL_MS - 20);
      expect(summary.longestGap.gapMs).toBeGreaterThan(STALL_MS - 20);
      for (const { outcome, lateMs, latencyMs } of samples) {
        expect(outcome).toBe(lateMs > maxLateMs ? 'unsent' : 'ok');
        expect(latencyMs === null).toBe(outcome === 'unsent');
      }
    },
  );

  it('ends early when it is told to, with what was sent until then', async () => {
    const target = await serve(politely);
    let samplesSeen = 0;
    const { samples, summary } = await run(settings(target, { durationMs: 3_600_000 }), ({ event }, stop) => {
      if (event === 'sample' && (samplesSeen += 1) === 10) stop.abort();
    });
    expect(samples.length).toBe(summary.sent + summary.unsent);
    expect(samples.length).toBeGreaterThanOrEqual(10);
    expect(summary).toMatchObject({ failed: 0 });
    expect(summary.durationMs).toBeGreaterThan(80);
    expect(summary.durationMs).toBeLessThan(60_000);
  });

  it('sends nothing when it was told to stop before', async () => {
    const target = await serve(politely);
    const events: ProbeEvent[] = [];
    await new OpenLoopProbe(settings(target), (event) => events.push(event)).run(AbortSignal.abort());
    expect(events.at(-1)).toMatchObject({ event: 'summary', sent: 0, unsent: 0 });
    expect(server!.connections).toBe(0);
  });

  it('ticks every second with the counts so far', async () => {
    const keepAlive = { connections: 1, intervalMs: 100, timeoutMs: 5_000 };
    const { events, summary } = await run(
      settings(await serve(politely), { ratePerSecond: 20, durationMs: 2_500, keepAlive }),
    );
    const ticks = events.filter((event) => event.event === 'tick');
    expect(ticks.length).toBeGreaterThanOrEqual(2);
    expect(ticks[0]!.atMs).toBeGreaterThan(990);
    expect(ticks[0]!.ok).toBeLessThan(summary.ok);
    expect(ticks[0]!.keepAlive.requests).toBeLessThan(summary.keepAlive.requests);
    expect(ticks[0]).toMatchObject({ failed: 0, keepAlive: { connections: 1, failed: 0 } });
  });
});
