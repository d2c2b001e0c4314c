import { outageWindows, type OutageWindow } from '../drill/outage.js';
import type { ProbeSample } from '../probe/probe-event.js';

/** Answers to requests that were due so long ago have come, and are in their order. */
const SETTLED_AFTER_MS = 3_000;
/** Of an outage that goes on, so many requests are looked at again; what was before is counted. */
const LOOKED_AT = 2_000;

type Sample = Pick<ProbeSample, 'dueMs' | 'outcome'>;

/** All windows since a moment. */
interface Changes {
  sinceMs: number;
  windows: OutageWindow[];
}

/** Finds the times without service among requests whose answers come out of order, as they come. */
export class OutageTracker {
  /** In the order of their due times, without those from before the end of the last outage that is over. */
  private samples: Sample[] = [];
  /** Failed requests of the first window that are not among the samples any more. */
  private uncounted = 0;
  private hasFailed = false;
  private sinceMs = 0;
  private told = '[]';

  take(sample: Sample): void {
    // Most come in order; the others are late by some hundred places.
    let at = this.samples.length;
    while (at > 0 && this.samples[at - 1]!.dueMs > sample.dueMs) at -= 1;
    this.samples.splice(at, 0, sample);
    this.hasFailed ||= sample.outcome === 'failed';
  }

  /** @returns what is to be told; undefined when nothing has changed */
  changes(nowMs: number): Changes | undefined {
    const settledMs = nowMs - SETTLED_AFTER_MS;
    if (!this.hasFailed) {
      this.forgetBefore(settledMs);
      return undefined;
    }
    const windows = this.windows(nowMs);
    const changes = this.changesTo(windows);
    const over = windows.filter(({ open, untilMs }) => !open && untilMs < settledMs);
    if (over.length === windows.length) this.forgetBefore(settledMs);
    else if (over.length > 0) this.forgetBefore(over.at(-1)!.untilMs);
    else if (windows.length === 1 && windows[0]!.open) this.shorten();
    return changes;
  }

  /** Nobody asks any more, or somebody else: an outage that is open ends here, as far as anybody knows. */
  end(): Changes | undefined {
    const lastMs = this.samples.at(-1)?.dueMs ?? 0;
    const changes = this.changesTo(this.windows(lastMs).map((window) => ({ ...window, open: false })));
    this.forgetBefore(lastMs + 1);
    return changes;
  }

  private windows(nowMs: number): OutageWindow[] {
    const windows = outageWindows(this.samples, nowMs);
    if (windows[0]) windows[0].failed += this.uncounted;
    return windows;
  }

  private changesTo(windows: OutageWindow[]): Changes | undefined {
    const text = JSON.stringify(windows);
    if (text === this.told) return undefined;
    this.told = text;
    return { sinceMs: this.sinceMs, windows };
  }

  private forgetBefore(ms: number): void {
    const at = this.samples.findIndex(({ dueMs }) => dueMs >= ms);
    this.samples.splice(0, at === -1 ? this.samples.length : at);
    this.sinceMs = Math.max(this.sinceMs, ms);
    this.uncounted = 0;
    this.hasFailed = this.samples.some(({ outcome }) => outcome === 'failed');
    this.told = '[]';
  }

  /** Keeps the beginning of a long outage, and its end so far. */
  private shorten(): void {
    if (this.samples.length <= 2 * LOOKED_AT) return;
    const first = this.samples.findIndex(({ outcome }) => outcome === 'failed');
    const dropped = this.samples.splice(first + 1, this.samples.length - LOOKED_AT - first - 1);
    this.uncounted += dropped.filter(({ outcome }) => outcome === 'failed').length;
  }
}
