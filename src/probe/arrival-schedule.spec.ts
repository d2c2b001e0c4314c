import { describe, expect, it } from '@jest/globals';
import { ArrivalSchedule } from './arrival-schedule.js';

describe('ArrivalSchedule', () => {
  it('spaces the requests evenly, the first one due at the start', () => {
    const schedule = new ArrivalSchedule(200, 10_000);
    expect([0, 1, 2, 1_999].map((index) => schedule.dueMs(index))).toEqual([0, 5, 10, 9_995]);
  });

  it('does not drift at a rate that does not divide a second', () => {
    expect(new ArrivalSchedule(3, 3_600_000).dueMs(3 * 3_600)).toBe(3_600_000);
  });

  it.each([
    [200, 10_000, 2_000],
    [1, 100, 1],
    [3, 1_000, 3],
    [3, 1_001, 4],
    [5_000, 3_600_000, 18_000_000],
  ])('at %d requests/s for %d ms holds every request due before the end: %d', (rate, durationMs, size) => {
    expect(new ArrivalSchedule(rate, durationMs).size).toBe(size);
  });
});
