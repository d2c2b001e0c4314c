import type { DrillVerdict, FaultTag } from '../drill/drill-report.js';
import type { OutageWindow } from '../drill/outage.js';
import type { SessionEvent } from '../session/session-event.js';

/** Clients' answers are told to the page by so long stretches of time. */
export const STRETCH_MS = 100;
/** A good answer that takes longer is slow. */
export const SLOW_MS = 100;

/**
 * What the page is told. `atMs` is on the clock of the session's events. The page of a session that goes on, of a recording and
 * of an exported file are told the same.
 */
export type PageEvent = PassedOn | Answers | Outages | ClockRead | DrillDone | ReportReady;

const PASSED_ON = [
  ...([
    'stream-started',
    'cluster',
    'nodes',
    'vrrp',
    'server',
    'phase',
    'probe-started',
    'probe-ended',
    'standing',
    'mended',
  ] as const),
  ...(['lost', 'campaign-started', 'campaign-ended'] as const),
];

/** Events of the session that the page gets as they are. */
export type PassedOn = Extract<SessionEvent, { event: (typeof PASSED_ON)[number] }>;

export function isPassedOn(event: SessionEvent): event is PassedOn {
  return PASSED_ON.some((name) => name === event.event);
}

/** What clients got whose requests were due within a stretch; it replaces what was told of the same stretch before. */
export interface Answers {
  event: 'answers';
  /** When the stretch begins. */
  atMs: number;
  /** Good answers by who gave them, slow ones included; those that do not say are counted under an empty name. */
  byFrontend: Record<string, number>;
  byBackend: Record<string, number>;
  slow: number;
  failed: number;
  /** Requests that the prober has not sent: they say nothing of the lab. */
  unsent: number;
  /** Keep-alive connections and downloads that broke. */
  broken: number;
  /** Failed requests and broken connections, by reason. */
  reasons: Record<string, number>;
  /** Of the good answers; null without any. */
  medianMs: number | null;
  maxMs: number | null;
}

/** When clients were not served, since `atMs`; it replaces all that was told of the time since then. */
export interface Outages {
  event: 'outages';
  atMs: number;
  windows: OutageWindow[];
}

/** It is this late: what there is to tell of earlier moments has been told, but for answers that clients still wait for. */
export interface ClockRead {
  event: 'clock';
  atMs: number;
}

/** A drill has ended. */
export interface DrillDone {
  event: 'drill-done';
  atMs: number;
  fault: string;
  /** The node, or the tier. */
  place: string;
  /** Null when the lab cannot do it. */
  verdict: DrillVerdict | null;
  /** Such as `outage 10.0 / 15.0 / 15.0 ms, 3 of 2,607 failed`, or why there is nothing to tell. */
  figures: string;
  remarks: string[];
}

/** A report can be opened; not in a recording. */
export interface ReportReady {
  event: 'report';
  atMs: number;
  path: string;
  verdict: DrillVerdict;
}

/** What was told at a moment of a recording; in their order. */
export interface ToldAt {
  atMs: number;
  events: PageEvent[];
}

/** What can be broken, where, and what is predicted of it: of the cluster as it is. */
export interface CatalogueEntry {
  fault: string;
  tag: FaultTag;
  scope: 'node' | 'tier';
  description: string;
  /** What its parameter may be; null when it has none. */
  parameter: string | null;
  places: CataloguePlace[];
}

export interface CataloguePlace {
  /** The node, or the tier when the fault is of a tier as a whole. */
  place: string;
  /** Of the outage, such as `10 to 30 ms`, and why. */
  predicted: string;
  because: string;
  /** Why it cannot be caused by hand there; null when it can. */
  refusedByHand: string | null;
  /** The same of a drill. */
  refusedAsDrill: string | null;
}

/** What the page asks for. */
export interface BreakWish {
  /** With its parameter or without. */
  fault: string;
  place: string;
}

export interface DrillWish extends BreakWish {
  runs: number;
}
