import { describe, expect, it } from '@jest/globals';
import { isWorse, worstOf } from './drill-result.js';

describe('worstOf', () => {
  it.each([
    [['pass', 'unknown', 'fail'], 'fail'],
    [['pass', 'unknown'], 'unknown'],
    [['pass'], 'pass'],
    [[], 'pass'],
  ] as const)('%j is %s', (verdicts, worst) => {
    expect(worstOf([...verdicts])).toBe(worst);
  });
});

describe('isWorse', () => {
  const quiet = { outageMs: 0, failed: 0, broken: 0, brokenDownloads: 0, longestGapMs: 10 };

  it.each([
    [{ outageMs: 20 }, { failed: 9 }],
    [{ failed: 1 }, { broken: 9 }],
    [{ broken: 1 }, { brokenDownloads: 9 }],
    [{ brokenDownloads: 1 }, { longestGapMs: 900 }],
    [{ longestGapMs: 11 }, {}],
  ])('a run with %j is worse than one with %j', (one, other) => {
    expect(isWorse({ ...quiet, ...one }, { ...quiet, ...other })).toBe(true);
    expect(isWorse({ ...quiet, ...other }, { ...quiet, ...one })).toBe(false);
  });

  it('of two alike none is worse', () => {
    expect(isWorse(quiet, { ...quiet })).toBe(false);
  });
});
