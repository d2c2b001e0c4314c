import { describe, expect, it } from '@jest/globals';
import { duration, predicted, spread } from './words.js';

describe('duration', () => {
  it.each([
    [0, '0 ms'],
    [0.123, '0.12 ms'],
    [4.16, '4.2 ms'],
    [63.2, '63 ms'],
    [3_613, '3613 ms'],
    [12_345, '12.3 s'],
  ])('%d', (ms, text) => expect(duration(ms)).toBe(text));
});

describe('spread', () => {
  it('is one figure when all are the same', () => {
    expect(spread({ medianMs: 24, p95Ms: 24, maxMs: 24 })).toBe('24 ms');
  });

  it('is median, p95 and maximum', () => {
    expect(spread({ medianMs: 24, p95Ms: 58.4, maxMs: 60 })).toBe('24 / 58 / 60 ms');
    expect(spread({ medianMs: 900, p95Ms: 9_000, maxMs: 12_000 })).toBe('900 ms / 9000 ms / 12.0 s');
  });
});

describe('predicted', () => {
  it.each([
    [0, 0, 'none'],
    [40, 63, '40 to 63 ms'],
    [2_609, 12_000, '2609 ms to 12.0 s'],
    [20, 20, '20 ms'],
    [0, null, 'while the fault lasts'],
    [400, null, 'from 400 ms on'],
  ])('%p to %p', (fromMs, untilMs, text) => expect(predicted({ fromMs, untilMs, because: '' })).toBe(text));
});
