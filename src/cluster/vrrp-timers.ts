/** What the timers of a virtual router predict, all in milliseconds (RFC 5798, section 6.1; RFC 3768 for version 2). */
export interface VrrpTimers {
  /** How long this router waits after the master has said goodbye with priority 0. */
  skewTimeMs: number;
  /** How long this router waits for an advertisement before it declares a silent master down. */
  masterDownIntervalMs: number;
}

/**
 * @param priority of the backup that waits: 1 to 254
 */
export function vrrpTimers(version: 2 | 3, advertisementIntervalMs: number, priority: number): VrrpTimers {
  // Version 2 counts the skew in 1/256 of a second, whatever the interval.
  const skewTimeMs = ((256 - priority) / 256) * (version === 2 ? 1000 : advertisementIntervalMs);
  return { skewTimeMs, masterDownIntervalMs: 3 * advertisementIntervalMs + skewTimeMs };
}
