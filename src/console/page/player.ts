import { signal } from '@preact/signals';
import type { ToldAt } from '../page-event.js';
import { take } from './model.js';

export const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30];

/** Plays a recording: at any speed, from any moment. */
export class Player {
  readonly atMs = signal(0);
  readonly playing = signal(false);
  readonly speed = signal(1);
  readonly endMs: number;
  /** When something was broken on purpose. */
  readonly faultsMs: number[];
  private next = 0;
  private lastFrameMs = 0;

  constructor(private readonly recording: ToldAt[]) {
    this.endMs = recording.at(-1)?.atMs ?? 0;
    this.faultsMs = recording.flatMap(({ events }) =>
      events.flatMap((event) => (event.event === 'phase' && event.phase === 'fault' ? [event.atMs] : [])),
    );
    // Before the first look there is nothing to be seen.
    this.seek(recording.find(({ events }) => events.some(({ event }) => event === 'nodes'))?.atMs ?? 0);
  }

  toggle(): void {
    this.playing.value = !this.playing.value;
    if (!this.playing.value) return;
    if (this.atMs.value >= this.endMs) this.seek(0);
    this.lastFrameMs = performance.now();
    requestAnimationFrame((nowMs) => this.frame(nowMs));
  }

  seek(ms: number): void {
    const toMs = Math.min(this.endMs, Math.max(0, ms));
    // The way back is the way from the beginning.
    if (toMs < this.atMs.value) this.next = 0;
    this.atMs.value = toMs;
    this.tell();
  }

  private frame(nowMs: number): void {
    if (!this.playing.value) return;
    this.seek(this.atMs.value + Math.max(0, nowMs - this.lastFrameMs) * this.speed.value);
    this.lastFrameMs = nowMs;
    if (this.atMs.value >= this.endMs) this.playing.value = false;
    else requestAnimationFrame((ms) => this.frame(ms));
  }

  private tell(): void {
    const events = [];
    while (this.next < this.recording.length && this.recording[this.next]!.atMs <= this.atMs.value) {
      events.push(...this.recording[this.next]!.events);
      this.next += 1;
    }
    take(events, this.atMs.value);
  }
}
