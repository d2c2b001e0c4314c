import { expect, it } from '@jest/globals';
import { Random } from './random.js';

it('gives the same numbers for the same seed, and others for another one', () => {
  const numbers = (seed: number) => {
    const random = new Random(seed);
    return Array.from({ length: 5 }, () => random.next());
  };
  expect(numbers(7)).toEqual(numbers(7));
  expect(numbers(7)).not.toEqual(numbers(8));
  expect(new Set(numbers(7)).size).toBe(5);
  expect(numbers(7).every((number) => number >= 0 && number < 1)).toBe(true);
});

it('shuffles a copy', () => {
  const items = Array.from({ length: 20 }, (_, index) => index);
  const shuffled = new Random(1).shuffled(items);
  expect(shuffled).not.toEqual(items);
  expect(shuffled.toSorted((one, other) => one - other)).toEqual(items);
});
