import { randomBytes } from 'node:crypto';
import type { PageEvent } from './page-event.js';

/** So long clients' answers are kept for a page that is opened later; it shows less. */
const ANSWERS_KEPT_MS = 60_000;
/** So many other events are kept. */
const OTHERS_KEPT = 2_000;
/** So many batches from one clearing to the next. */
const SHORTENED_EACH = 100;

/** Of events with the same key the last one alone is worth something. */
function keyOf({ event, atMs }: PageEvent): string | undefined {
  if (event === 'outages') return `outages since ${atMs}`;
  return ['stream-started', 'cluster', 'nodes', 'standing', 'clock', 'probe-started'].includes(event)
    ? event
    : undefined;
}

/** Some events, in the order in which they were told. */
interface Batch {
  number: number;
  events: PageEvent[];
}

/** @param id of the last of the events, to go on from */
type Listener = (id: string, events: PageEvent[]) => void;

/** What pages are told: as it comes, and before that what they have missed. */
export class Feed {
  private batches: Batch[] = [];
  private last = 0;
  private readonly listeners = new Set<Listener>();
  /** Tells this feed's ids from those of a console that was here before. */
  private readonly name = randomBytes(6).toString('hex');

  push(events: PageEvent[]): void {
    this.last += 1;
    this.batches.push({ number: this.last, events });
    if (this.last % SHORTENED_EACH === 0) this.batches = shortened(this.batches);
    for (const listener of this.listeners) listener(this.id, events);
  }

  /**
   * @param lastId of what the listener knows already; it gets all that is kept when it is none of this feed's
   * @returns what ends it
   */
  subscribe(lastId: string, listener: Listener): () => void {
    const [name, number] = lastId.split('-');
    const known = name === this.name ? Number(number) : 0;
    const missed = this.batches.filter((batch) => batch.number > known).flatMap(({ events }) => events);
    if (missed.length > 0) listener(this.id, missed);
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private get id(): string {
    return `${this.name}-${this.last}`;
  }
}

/** Without what a page would not show any more. */
function shortened(batches: Batch[]): Batch[] {
  const nowMs = batches.at(-1)!.events.at(-1)!.atMs;
  const seen = new Set<string>();
  let others = 0;
  const isKept = (event: PageEvent) => {
    if (event.event === 'answers') return event.atMs > nowMs - ANSWERS_KEPT_MS;
    const key = keyOf(event);
    if (key !== undefined) {
      const isLast = !seen.has(key);
      seen.add(key);
      if (!isLast || event.event !== 'outages') return isLast;
    }
    others += 1;
    return others <= OTHERS_KEPT;
  };
  // From the last to the first: the last one of a kind is kept.
  return batches
    .toReversed()
    .map(({ number, events }) => ({ number, events: events.toReversed().filter(isKept).toReversed() }))
    .filter(({ events }) => events.length > 0)
    .toReversed();
}
