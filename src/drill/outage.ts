import type { ProbeSample } from '../probe/probe-event.js';

/**
 * A time in which a client was not served, by the due times of its requests: from the first failed one to the first of
 * `goodInARow` good ones. Its resolution is the interval between two requests.
 */
export interface OutageWindow {
  fromMs: number;
  untilMs: number;
  /** untilMs - fromMs */
  durationMs: number;
  failed: number;
  /** No good answer came from the last failed request to the end of the samples: it lasted at least until untilMs. */
  open: boolean;
}

/** As many good answers in a row end an outage: of two nodes that take turns, one alone may still be failing. */
export const GOOD_IN_A_ROW = 10;

/**
 * @param samples in the order of their due times; unsent ones are neither good nor bad
 * @param endMs when the observation ends: that of an outage that is still open
 */
export function outageWindows(
  samples: Pick<ProbeSample, 'dueMs' | 'outcome'>[],
  endMs: number,
  goodInARow = GOOD_IN_A_ROW,
): OutageWindow[] {
  const windows: OutageWindow[] = [];
  let window: { fromMs: number; failed: number; goodFromMs: number; good: number } | undefined;
  for (const { dueMs, outcome } of samples) {
    if (outcome === 'failed') {
      window ??= { fromMs: dueMs, failed: 0, goodFromMs: dueMs, good: 0 };
      window.failed += 1;
      window.good = 0;
    } else if (outcome === 'ok' && window) {
      if (window.good === 0) window.goodFromMs = dueMs;
      window.good += 1;
      if (window.good === goodInARow) {
        windows.push(closed(window.fromMs, window.goodFromMs, window.failed, false));
        window = undefined;
      }
    }
  }
  if (window) {
    const { fromMs, failed, good, goodFromMs } = window;
    windows.push(closed(fromMs, good > 0 ? goodFromMs : endMs, failed, good === 0));
  }
  return windows;
}

/** The longest time without a good answer ending, between `fromMs` and `endMs`. */
export function longestGapMs(samples: ProbeSample[], fromMs: number, endMs: number): number {
  const answeredMs = samples
    .filter(({ outcome }) => outcome === 'ok')
    .map(({ dueMs, latencyMs }) => dueMs + (latencyMs ?? 0))
    .filter((ms) => ms >= fromMs && ms <= endMs)
    .sort((a, b) => a - b);
  let longest = 0;
  let last = fromMs;
  for (const ms of [...answeredMs, endMs]) {
    longest = Math.max(longest, ms - last);
    last = ms;
  }
  return longest;
}

function closed(fromMs: number, untilMs: number, failed: number, open: boolean): OutageWindow {
  return { fromMs, untilMs, durationMs: untilMs - fromMs, failed, open };
}
