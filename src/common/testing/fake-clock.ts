import type { Clock } from '../clock.js';

interface Sleeper {
  wakesAtMs: number;
  wake: () => void;
}

/** Time passes at once, to when the next sleeper wakes, whenever nobody has anything else to do. */
export class FakeClock implements Clock {
  private ms = 0;
  private readonly sleepers: Sleeper[] = [];
  private isTicking = false;

  nowMs(): number {
    return this.ms;
  }

  /** Since 2026 began. */
  wallClockMs(): number {
    return Date.UTC(2026) + this.ms;
  }

  async pause(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((wake) => {
      this.sleepers.push({ wakesAtMs: this.ms + ms, wake });
      signal?.addEventListener('abort', () => wake(), { once: true });
      this.tick();
    });
    signal?.throwIfAborted();
  }

  private tick(): void {
    if (this.isTicking || this.sleepers.length === 0) return;
    this.isTicking = true;
    setImmediate(() => {
      this.isTicking = false;
      const next = this.sleepers.reduce((one, other) => (other.wakesAtMs < one.wakesAtMs ? other : one));
      this.sleepers.splice(this.sleepers.indexOf(next), 1);
      this.ms = Math.max(this.ms, next.wakesAtMs);
      next.wake();
      this.tick();
    });
  }
}
