import { describe, expect, it } from '@jest/globals';
import { vrrpTimers } from './vrrp-timers.js';

describe('vrrpTimers', () => {
  // RFC 5798, 6.1: Skew_Time = (256 - Priority) x Master_Adver_Interval / 256.
  // RFC 3768, 6.1: Skew_Time = (256 - Priority) / 256 seconds, whatever the interval.
  it.each([
    { version: 3, intervalMs: 20, priority: 254, skewTimeMs: 0.15625, masterDownIntervalMs: 60.15625 },
    { version: 3, intervalMs: 20, priority: 253, skewTimeMs: 0.234375, masterDownIntervalMs: 60.234375 },
    { version: 3, intervalMs: 1000, priority: 100, skewTimeMs: 609.375, masterDownIntervalMs: 3609.375 },
    { version: 3, intervalMs: 2000, priority: 100, skewTimeMs: 1218.75, masterDownIntervalMs: 7218.75 },
    { version: 3, intervalMs: 10, priority: 1, skewTimeMs: 9.9609375, masterDownIntervalMs: 39.9609375 },
    { version: 2, intervalMs: 1000, priority: 100, skewTimeMs: 609.375, masterDownIntervalMs: 3609.375 },
    { version: 2, intervalMs: 1000, priority: 99, skewTimeMs: 613.28125, masterDownIntervalMs: 3613.28125 },
    { version: 2, intervalMs: 2000, priority: 100, skewTimeMs: 609.375, masterDownIntervalMs: 6609.375 },
  ] as const)(
    'version $version, every $intervalMs ms, priority $priority: silent master down after $masterDownIntervalMs ms',
    ({ version, intervalMs, priority, ...predicted }) => {
      expect(vrrpTimers(version, intervalMs, priority)).toEqual(predicted);
    },
  );
});
