import { describe, expect, it } from '@jest/globals';
import { longestGapMs, outageWindows } from './outage.js';
import { samplesOf } from './testing/samples.js';

const windows = (pattern: string, goodInARow = 3) =>
  outageWindows(samplesOf(pattern), pattern.length * 10, goodInARow).map(({ fromMs, untilMs, failed, open }) => ({
    fromMs,
    untilMs,
    failed,
    ...(open && { open }),
  }));

describe('outageWindows', () => {
  it.each([
    ['nothing happens', '..........', []],
    ['nothing was asked', '', []],
    ['one request fails', '...x......', [{ fromMs: 30, untilMs: 40, failed: 1 }]],
    ['an outage', '...xxxx...', [{ fromMs: 30, untilMs: 70, failed: 4 }]],
    ['at the start', 'xx........', [{ fromMs: 0, untilMs: 20, failed: 2 }]],
    ['at the end, open', '........xx', [{ fromMs: 80, untilMs: 100, failed: 2, open: true }]],
    ['over at the end, but not for long enough to be sure', '.......x..', [{ fromMs: 70, untilMs: 80, failed: 1 }]],
    ['everything fails', 'xxxx', [{ fromMs: 0, untilMs: 40, failed: 4, open: true }]],
    ['every second request fails: one outage', '..x.x.x.x.....', [{ fromMs: 20, untilMs: 90, failed: 4 }]],
    [
      'two outages',
      '.xx....x....',
      [
        { fromMs: 10, untilMs: 30, failed: 2 },
        { fromMs: 70, untilMs: 80, failed: 1 },
      ],
    ],
    ['the prober stalls: nobody knows', '...----...', []],
    ['the prober stalls within an outage', '..x--x....', [{ fromMs: 20, untilMs: 60, failed: 2 }]],
    ['the prober stalls while the good answers are counted', '..x..--.....', [{ fromMs: 20, untilMs: 30, failed: 1 }]],
  ])('%s', (_what, pattern, expected) => {
    expect(windows(pattern)).toEqual(expected);
  });

  it('gives the duration', () => {
    expect(outageWindows(samplesOf('..xxx..........'), 150)[0]!.durationMs).toBe(30);
  });

  it('takes ten good answers in a row for the end, unless told otherwise', () => {
    expect(outageWindows(samplesOf(`x${'.'.repeat(9)}x${'.'.repeat(10)}`), 210)).toHaveLength(1);
    expect(outageWindows(samplesOf(`x${'.'.repeat(10)}x${'.'.repeat(10)}`), 220)).toHaveLength(2);
  });
});

describe('longestGapMs', () => {
  it.each([
    ['the interval, when nothing happens', '..........', 10],
    ['from the last good answer to the next one', '...xxxx...', 50],
    ['until the end', '....xxxxxx', 67],
    ['all of it', 'xxxxxxxxxx', 100],
  ])('%s', (_what, pattern, expected) => {
    expect(longestGapMs(samplesOf(pattern), 0, 100)).toBe(expected);
  });

  it('sees an answer that was late', () => {
    const samples = samplesOf('..........').map((sample) =>
      sample.dueMs === 50 ? { ...sample, latencyMs: 30 } : sample,
    );
    expect(longestGapMs(samples.slice(0, 6), 0, 83)).toBe(37);
  });
});
