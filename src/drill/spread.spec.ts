import { expect, it } from '@jest/globals';
import { percentile, spreadOf } from './spread.js';

it.each([
  [[5], { medianMs: 5, p95Ms: 5, maxMs: 5 }],
  [[3, 1, 2], { medianMs: 2, p95Ms: 3, maxMs: 3 }],
  [Array.from({ length: 20 }, (_, index) => 20 - index), { medianMs: 10, p95Ms: 19, maxMs: 20 }],
])('the spread of %j', (values, expected) => {
  expect(spreadOf(values)).toEqual(expected);
});

it('leaves the values as they are', () => {
  const values = [3, 1, 2];
  percentile(values, 50);
  expect(values).toEqual([3, 1, 2]);
});
