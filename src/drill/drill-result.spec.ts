import { describe, expect, it } from '@jest/globals';
import { worstOf } from './drill-result.js';

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
