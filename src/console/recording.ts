import { InvalidInputError } from '../common/errors.js';
import { EVENT_VERSION, type SessionEvent } from '../session/session-event.js';
import { Aggregate } from './aggregate.js';
import { isPassedOn, STRETCH_MS, type ToldAt } from './page-event.js';

/**
 * What the page is told of a recording.
 * @param text lines of JSON of session events; the last one may be cut short, as by a crash
 * @param file its name, for complaints
 * @throws InvalidInputError when it is no recording, or one of another version
 */
export function toldOf(text: string, file: string): ToldAt[] {
  const events = eventsIn(text, file);
  const [first] = events;
  if (first?.event !== 'stream-started')
    throw new InvalidInputError(`${file}:1: must be the start of a recording, {"event":"stream-started",...}`);
  const version: unknown = first.version;
  if (version !== EVENT_VERSION)
    throw new InvalidInputError(`${file}:1: version: ${JSON.stringify(version)} must be ${EVENT_VERSION}`);
  if (!events.some(({ event }) => event === 'cluster'))
    throw new InvalidInputError(`${file}: says nothing of the cluster, as that of a soak, and cannot be replayed`);
  return told(events);
}

/** In the order in which it became known, as who watched was told; not before the latest moment that was known by then. */
function told(events: SessionEvent[]): ToldAt[] {
  const aggregate = new Aggregate();
  const recording: ToldAt[] = [];
  let nextMs = STRETCH_MS;
  const flush = (atMs: number) => {
    const news = aggregate.flush(atMs).filter(({ event }) => event !== 'clock');
    if (news.length > 0) recording.push({ atMs, events: news });
  };
  let nowMs = 0;
  for (const event of events) {
    nowMs = Math.max(nowMs, event.atMs);
    if (nowMs >= nextMs) {
      flush(nextMs);
      nextMs = (Math.floor(nowMs / STRETCH_MS) + 1) * STRETCH_MS;
    }
    aggregate.take(event);
    if (isPassedOn(event)) flush(nowMs);
  }
  flush(nextMs);
  return recording;
}

function eventsIn(text: string, file: string): SessionEvent[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    if (line === '') return [];
    try {
      const event = JSON.parse(line) as SessionEvent;
      if (typeof event.atMs === 'number' && typeof event.event === 'string') return [event];
    } catch {
      // A writer that was killed has left half of a line.
      if (index === lines.length - 1) return [];
    }
    throw new InvalidInputError(
      `${file}:${index + 1}: ${line.slice(0, 40)} must be an event, {"atMs":...,"event":...}`,
    );
  });
}
