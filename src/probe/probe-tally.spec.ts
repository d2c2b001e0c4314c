import { describe, expect, it } from '@jest/globals';
import type { ProbeSample } from './probe-event.js';
import { ProbeTally } from './probe-tally.js';

const INTERVAL_MS = 10;
const LATENCY_MS = 2;
const TIMEOUT_MS = 250;

function sample(dueMs: number, change: Partial<ProbeSample> = {}): ProbeSample {
  return {
    dueMs,
    lateMs: 0.5,
    latencyMs: LATENCY_MS,
    outcome: 'ok',
    reason: null,
    status: 200,
    frontend: 'frontend-01',
    backend: 'backend-01',
    ...change,
  };
}

const failed = (dueMs: number, reason = 'timeout') =>
  sample(dueMs, { outcome: 'failed', reason, latencyMs: TIMEOUT_MS, status: null, frontend: null, backend: null });

const unsent = (dueMs: number, lateMs: number) =>
  sample(dueMs, { outcome: 'unsent', reason: 'prober-late', lateMs, latencyMs: null, status: null, frontend: null });

/** A sample every 10 ms for `durationMs`; `at` says what becomes of the one that is due then. */
function summaryOf(durationMs: number, at: (dueMs: number) => ProbeSample) {
  const tally = new ProbeTally();
  for (let dueMs = 0; dueMs < durationMs; dueMs += INTERVAL_MS) tally.add(at(dueMs));
  return tally.summary(durationMs);
}

/** Samples that fail while one of the outages, [from, to), lasts. */
const withOutages = (...outages: [number, number][]) =>
  summaryOf(1_000, (dueMs) =>
    outages.some(([from, to]) => dueMs >= from && dueMs < to) ? failed(dueMs) : sample(dueMs),
  );

describe('the longest gap', () => {
  it('is the interval of the arrivals when nothing happens', () => {
    expect(withOutages().longestGap).toEqual({ fromMs: 2, gapMs: 10 });
  });

  it('lasts from the last good answer before an outage to the first one after it', () => {
    expect(withOutages([200, 300]).longestGap).toEqual({ fromMs: 192, gapMs: 110 });
  });

  it('begins at the start when the first requests fail', () => {
    expect(withOutages([0, 300]).longestGap).toEqual({ fromMs: 0, gapMs: 302 });
  });

  it('lasts until the end when the last requests fail', () => {
    expect(withOutages([900, 1_000]).longestGap).toEqual({ fromMs: 892, gapMs: 108 });
  });

  it('is the whole run when nothing is answered', () => {
    expect(withOutages([0, 1_000]).longestGap).toEqual({ fromMs: 0, gapMs: 1_000 });
  });

  it('is the longer one of two outages', () => {
    expect(withOutages([100, 180], [500, 560]).longestGap).toEqual({ fromMs: 92, gapMs: 90 });
    expect(withOutages([100, 160], [500, 580]).longestGap).toEqual({ fromMs: 492, gapMs: 90 });
  });

  it('is two intervals while every second request fails', () => {
    expect(summaryOf(1_000, (dueMs) => (dueMs % 20 === 0 ? sample(dueMs) : failed(dueMs))).longestGap.gapMs).toBe(20);
  });

  it('sees a freeze whose requests are all answered in the end', () => {
    const thawedMs = 700;
    const { longestGap, failed: failures } = summaryOf(1_000, (dueMs) =>
      dueMs >= 500 && dueMs < thawedMs ? sample(dueMs, { latencyMs: thawedMs - dueMs }) : sample(dueMs),
    );
    expect({ longestGap, failures }).toEqual({ longestGap: { fromMs: 492, gapMs: 208 }, failures: 0 });
  });

  it('spans a stall of the prober, which the lateness tells from an outage', () => {
    const stallEndMs = 400;
    const summary = summaryOf(1_000, (dueMs) =>
      dueMs >= 300 && dueMs < stallEndMs ? unsent(dueMs, stallEndMs - dueMs) : sample(dueMs),
    );
    expect(summary).toMatchObject({
      longestGap: { fromMs: 292, gapMs: 110 },
      sent: 90,
      ok: 90,
      failed: 0,
      unsent: 10,
      unsentByReason: { 'prober-late': 10 },
      lateness: { maxMs: 100 },
    });
  });

  it('ends with the schedule, not with the answers that come after it', () => {
    expect(summaryOf(20, (dueMs) => sample(dueMs, { latencyMs: 15 })).longestGap).toEqual({ fromMs: 0, gapMs: 15 });
  });
});

describe('the counts', () => {
  it('say who answered and why others failed', () => {
    const tally = new ProbeTally();
    tally.add(sample(0));
    tally.add(sample(10, { frontend: 'frontend-02' }));
    tally.add(sample(20, { frontend: 'frontend-02', backend: 'backend-02' }));
    tally.add(sample(30, { frontend: null }));
    tally.add(failed(40, 'ECONNREFUSED'));
    tally.add(failed(50));
    tally.add({ ...failed(60, 'status-503'), frontend: 'frontend-01' });
    tally.add(failed(70));
    tally.add(unsent(80, 60));
    expect(tally.sampleCounts()).toEqual({ sent: 8, ok: 4, failed: 4, unsent: 1 });
    expect(tally.summary(90)).toMatchObject({
      durationMs: 90,
      sent: 8,
      ok: 4,
      failed: 4,
      unsent: 1,
      failuresByReason: { ECONNREFUSED: 1, timeout: 2, 'status-503': 1 },
      unsentByReason: { 'prober-late': 1 },
      answersByFrontend: { 'frontend-01': 1, 'frontend-02': 2 },
      answersByBackend: { 'backend-01': 3, 'backend-02': 1 },
    });
  });
});

describe('latency and lateness', () => {
  it('are percentiles over the good answers, and over all that was due', () => {
    const tally = new ProbeTally();
    for (let rank = 1; rank <= 100; rank += 1) tally.add(sample(rank, { latencyMs: rank, lateMs: rank / 100 }));
    for (let count = 0; count < 50; count += 1) tally.add(failed(count));
    const { latency, lateness } = tally.summary(100);
    expect(latency!.p50Ms).toBeCloseTo(50, 0);
    expect(latency!.p95Ms).toBeCloseTo(95, 0);
    expect(latency!.p99Ms).toBeCloseTo(99, 0);
    expect(latency!.maxMs).toBe(100);
    expect(lateness!.p50Ms).toBeCloseTo(0.5, 2);
    expect(lateness!.maxMs).toBe(1);
  });

  it('count a latency and a lateness of zero', () => {
    const tally = new ProbeTally();
    tally.add(sample(0, { latencyMs: 0, lateMs: 0 }));
    expect(tally.summary(10)).toMatchObject({ latency: { maxMs: 0 }, lateness: { maxMs: 0 } });
  });

  it('are null when there are none', () => {
    const tally = new ProbeTally();
    expect(tally.summary(10)).toMatchObject({ latency: null, lateness: null });
    tally.add(failed(0));
    expect(tally.summary(10)).toMatchObject({ latency: null, lateness: { p50Ms: 0.5 } });
  });
});
