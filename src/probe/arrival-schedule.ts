/**
 * When the requests of an open loop are due: at a constant rate, whether or not the ones before were answered. A closed
 * loop would send less while the service is slow, and so hide its worst moments (coordinated omission).
 */
export class ArrivalSchedule {
  /** How many requests are due in [0, durationMs). */
  readonly size: number;

  constructor(
    readonly ratePerSecond: number,
    readonly durationMs: number,
  ) {
    this.size = Math.ceil((ratePerSecond * durationMs) / 1_000);
  }

  /** @returns when request `index` (0 to size - 1) is due, in ms since the start */
  dueMs(index: number): number {
    return (index * 1_000) / this.ratePerSecond;
  }
}
