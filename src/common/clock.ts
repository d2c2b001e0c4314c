import { setTimeout as pause } from 'node:timers/promises';

/** How time passes for who waits and measures. */
export interface Clock {
  /** ms that only increase. All processes of a host have the same ones. */
  nowMs(): number;
  /** Epoch, ms. */
  wallClockMs(): number;
  /** @throws AbortError */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  nowMs: () => Number(process.hrtime.bigint()) / 1e6,
  wallClockMs: () => Date.now(),
  pause: (ms, signal) => pause(ms, undefined, { signal }),
};
