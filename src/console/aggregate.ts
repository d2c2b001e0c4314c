import type { DrillResult } from '../drill/drill-report.js';
import { spread } from '../report/words.js';
import type { Request, SessionEvent } from '../session/session-event.js';
import { OutageTracker } from './outage-tracker.js';
import { type Answers, type DrillDone, isPassedOn, type PageEvent, SLOW_MS, STRETCH_MS } from './page-event.js';

/** Clients have given up by then: no answer comes later. */
const LATE_AFTER_MS = 60_000;

interface Stretch extends Omit<Answers, 'event' | 'medianMs' | 'maxMs'> {
  latenciesMs: number[];
  hasChanged: boolean;
}

/** Makes what the page is told of what happens in a session. */
export class Aggregate {
  /** The last minute's, by the moment of their beginning; the oldest first. */
  private readonly stretches = new Map<number, Stretch>();
  private readonly outages = new OutageTracker();
  private pending: PageEvent[] = [];

  take(event: SessionEvent): void {
    if (event.event === 'request') {
      this.count(event.atMs, event);
      this.outages.take({ dueMs: event.atMs, outcome: event.outcome });
    } else if (event.event === 'broken') {
      const stretch = this.stretchAt(event.atMs);
      stretch.broken += 1;
      countIn(stretch.reasons, event.reason);
    } else if (event.event === 'drill-ended') {
      this.pending.push(drillDone(event.atMs, event.result));
    } else if (isPassedOn(event)) {
      if (event.event === 'probe-ended') this.tell(this.outages.end());
      this.pending.push(event);
    }
  }

  /** @returns what has happened since the last call, and the time */
  flush(nowMs: number): PageEvent[] {
    this.tell(this.outages.changes(nowMs));
    const events = this.pending;
    this.pending = [];
    for (const [atMs, stretch] of this.stretches) {
      if (stretch.hasChanged) events.push(answersOf(stretch));
      stretch.hasChanged = false;
      if (atMs < nowMs - LATE_AFTER_MS) this.stretches.delete(atMs);
    }
    return [...events, { event: 'clock', atMs: nowMs }];
  }

  private tell(changes: ReturnType<OutageTracker['changes']>): void {
    if (changes) this.pending.push({ event: 'outages', atMs: changes.sinceMs, windows: changes.windows });
  }

  private count(atMs: number, { outcome, reason, latencyMs, frontend, backend }: Request): void {
    const stretch = this.stretchAt(atMs);
    if (outcome === 'unsent') stretch.unsent += 1;
    if (outcome === 'failed') {
      stretch.failed += 1;
      countIn(stretch.reasons, reason ?? 'unknown');
    }
    if (outcome !== 'ok') return;
    countIn(stretch.byFrontend, frontend ?? '');
    countIn(stretch.byBackend, backend ?? '');
    stretch.latenciesMs.push(latencyMs ?? 0);
    if ((latencyMs ?? 0) > SLOW_MS) stretch.slow += 1;
  }

  private stretchAt(ms: number): Stretch {
    const atMs = Math.floor(ms / STRETCH_MS) * STRETCH_MS;
    let stretch = this.stretches.get(atMs);
    if (!stretch) {
      const counts = { slow: 0, failed: 0, unsent: 0, broken: 0 };
      const groups = { byFrontend: {}, byBackend: {}, reasons: {} };
      stretch = { atMs, ...counts, ...groups, latenciesMs: [], hasChanged: true };
      this.stretches.set(atMs, stretch);
    }
    stretch.hasChanged = true;
    return stretch;
  }
}

function answersOf({ latenciesMs, hasChanged: _, ...counts }: Stretch): Answers {
  const sorted = latenciesMs.toSorted((one, other) => one - other);
  const medianMs = sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
  return { event: 'answers', ...counts, medianMs, maxMs: sorted.at(-1) ?? null };
}

function drillDone(atMs: number, result: DrillResult): DrillDone {
  const { fault, node, tier, verdict, statistics, skippedBecause, remarks } = result;
  return {
    ...{ event: 'drill-done', atMs, fault, place: node ?? tier, verdict, remarks },
    figures: skippedBecause ?? (statistics ? figuresOf(statistics) : 'not measured'),
  };
}

function figuresOf({ outageMs, failed, sent }: NonNullable<DrillResult['statistics']>): string {
  const outage = outageMs.maxMs === 0 ? 'no outage' : `outage ${spread(outageMs)}`;
  return `${outage}, ${failed} of ${sent} failed`;
}

function countIn(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
