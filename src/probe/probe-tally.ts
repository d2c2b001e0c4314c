import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { Distribution, Gap, ProbeSample, ProbeSummary, SampleCounts } from './probe-event.js';

/** Milliseconds to the microsecond. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

/** What a run of samples comes to. Its memory does not grow with the number of samples. */
export class ProbeTally {
  private readonly counts: SampleCounts = { sent: 0, ok: 0, failed: 0, unsent: 0 };
  private readonly failuresByReason = new Counter();
  private readonly unsentByReason = new Counter();
  private readonly answersByFrontend = new Counter();
  private readonly answersByBackend = new Counter();
  private readonly latency = new DistributionRecorder();
  private readonly lateness = new DistributionRecorder();
  private lastGoodMs = 0;
  private longestGap: Gap = { fromMs: 0, gapMs: 0 };

  /** To be called in the order in which the samples ended. */
  add(sample: ProbeSample): void {
    this.lateness.record(sample.lateMs);
    this.counts[sample.outcome] += 1;
    if (sample.outcome === 'unsent') {
      this.unsentByReason.add(sample.reason);
      return;
    }
    this.counts.sent += 1;
    if (sample.outcome === 'failed') {
      this.failuresByReason.add(sample.reason);
      return;
    }
    const latencyMs = sample.latencyMs ?? 0;
    this.answersByFrontend.add(sample.frontend);
    this.answersByBackend.add(sample.backend);
    this.latency.record(latencyMs);
    const answeredMs = sample.dueMs + latencyMs;
    this.longestGap = this.longestGapUntil(answeredMs);
    this.lastGoodMs = answeredMs;
  }

  sampleCounts(): SampleCounts {
    return { ...this.counts };
  }

  /** @param endMs when the schedule ended, in ms since the start */
  summary(endMs: number): Omit<ProbeSummary, 'event' | 'keepAlive' | 'downloads'> {
    const { fromMs, gapMs } = this.longestGapUntil(endMs);
    return {
      durationMs: roundMs(endMs),
      ...this.counts,
      failuresByReason: this.failuresByReason.toRecord(),
      unsentByReason: this.unsentByReason.toRecord(),
      answersByFrontend: this.answersByFrontend.toRecord(),
      answersByBackend: this.answersByBackend.toRecord(),
      longestGap: { fromMs: roundMs(fromMs), gapMs: roundMs(gapMs) },
      latency: this.latency.distribution(),
      lateness: this.lateness.distribution(),
    };
  }

  private longestGapUntil(ms: number): Gap {
    const gapMs = ms - this.lastGoodMs;
    return gapMs > this.longestGap.gapMs ? { fromMs: this.lastGoodMs, gapMs } : this.longestGap;
  }
}

class Counter {
  private readonly counts = new Map<string, number>();

  add(key: string | null): void {
    if (key !== null) this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  toRecord(): Record<string, number> {
    return Object.fromEntries(this.counts);
  }
}

/** Percentiles are exact to three significant digits, the maximum to the microsecond. */
class DistributionRecorder {
  private readonly microseconds: RecordableHistogram = createHistogram({ highest: 3_600_000_000, figures: 3 });
  private maxMs = 0;

  record(ms: number): void {
    this.microseconds.record(Math.max(1, Math.round(ms * 1_000)));
    this.maxMs = Math.max(this.maxMs, ms);
  }

  distribution(): Distribution | null {
    if (this.microseconds.count === 0) return null;
    const percentileMs = (percentile: number) => this.microseconds.percentile(percentile) / 1_000;
    return {
      p50Ms: percentileMs(50),
      p95Ms: percentileMs(95),
      p99Ms: percentileMs(99),
      maxMs: roundMs(this.maxMs),
    };
  }
}
