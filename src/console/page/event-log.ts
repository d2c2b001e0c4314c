import type { PageEvent } from '../page-event.js';

const LINES_KEPT = 300;

/** What has happened, for a person. */
export interface Saying {
  text: string;
  /** `move` and `outage` are read aloud, too. */
  kind: 'move' | 'outage' | 'fault' | 'state';
}

export interface LogLine extends Saying {
  atMs: number;
}

/** What has happened, in words, in the order of time. */
export class EventLog {
  lines: LogLine[] = [];
  /** The last move or outage that became known. */
  spoken = '';

  take(event: PageEvent, sayings: Saying[]): void {
    // What is told of outages replaces what was told of the same time before.
    if (event.event === 'outages')
      this.lines = this.lines.filter(({ kind, atMs }) => kind !== 'outage' || atMs < event.atMs);
    for (const saying of sayings) this.add(event.atMs, saying);
  }

  /** @param saying may have a moment of its own */
  add(atMs: number, saying: Saying & { atMs?: number }): void {
    const line = { atMs, ...saying };
    if (line.kind === 'move' || line.kind === 'outage') this.spoken = line.text;
    let at = this.lines.length;
    while (at > 0 && this.lines[at - 1]!.atMs > line.atMs) at -= 1;
    this.lines.splice(at, 0, line);
    if (this.lines.length > LINES_KEPT) this.lines.shift();
  }
}
