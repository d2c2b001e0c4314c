import type { Clock } from '../common/clock.js';
import { EVENT_VERSION, type Publish, type SessionEvent } from './session-event.js';

export type Listener = (event: SessionEvent) => void;

/** Gives each published event to all listeners, with its time in ms since the stream began. */
export class EventStream {
  private readonly startMs: number;
  private readonly started: SessionEvent;
  private readonly listeners = new Set<Listener>();

  /** @param clock of the lab */
  constructor(private readonly clock: Clock) {
    this.startMs = clock.nowMs();
    const wallClockMs = clock.wallClockMs();
    this.started = { atMs: 0, event: 'stream-started', version: EVENT_VERSION, wallClockMs };
  }

  /** The listener hears of the stream's start first, whenever it comes. @returns what ends it */
  subscribe(listener: Listener): () => void {
    listener(this.started);
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @returns ms since the stream began */
  nowMs(): number {
    return this.clock.nowMs() - this.startMs;
  }

  readonly publish: Publish = (happening, momentMs = this.clock.nowMs()) => {
    const event = { atMs: Math.round((momentMs - this.startMs) * 1000) / 1000, ...happening };
    for (const listener of this.listeners) listener(event);
  };
}
