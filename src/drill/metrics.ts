import { longestGapMs, type OutageWindow } from './outage.js';
import type { ProbeBreakage, ProbeSample } from '../probe/probe-event.js';
import { percentile } from './spread.js';

/** What was seen of a run from the fault to its end. Times are those of the run, in ms. */
export interface Seen {
  faultMs: number;
  healMs: number;
  recoveredMs: number;
  endMs: number;
  /** In the order of their due times. */
  samples: ProbeSample[];
  /** Of the good answers. */
  latenciesMs: number[];
  /** Between fault and heal, and from the heal on. */
  outages: { fault: OutageWindow[]; heal: OutageWindow[] };
  breakages: ProbeBreakage[];
  /** In which more than one node held the virtual IP, as the nodes' VRRP transitions tell. */
  dualMasterMs: number;
}

/** A figure of a run. A name that ends in `Ms` says that it is a time. */
export interface Metric {
  /** The column that it stands in; metrics with the same one share it. */
  column: string;
  /** For the reference. */
  meaning: string;
  /** Null when there is nothing that it could be of. */
  of: (seen: Seen) => number | null;
  /** What the runs of a drill come to together. Missing: each run has its own alone. */
  ofRuns?: 'sum' | 'spread';
  /** Where it is shown of a drill: in every table, or not in the short ones, which are to be pasted. Missing: of each run alone. */
  shown?: 'always' | 'at length';
}

/** A good answer that took longer is counted as slow. */
const SLOW_MS = 100;

/** All figures of a run: what is measured, shown and summed up is what stands here, in this order. */
export const METRICS = {
  outageMs: {
    column: 'Outage',
    meaning: 'the longest window; 0 without one',
    of: ({ outages }: Seen) => Math.max(0, ...windowsOf(outages).map(({ durationMs }) => durationMs)),
    ofRuns: 'spread',
    shown: 'always',
  },
  unavailableMs: {
    column: 'Outages together',
    meaning: 'all windows together',
    of: ({ outages }: Seen) => windowsOf(outages).reduce((sum, { durationMs }) => sum + durationMs, 0),
  },
  longestGapMs: {
    column: 'Longest gap',
    meaning: 'the longest time without a good answer',
    of: ({ samples, faultMs, endMs }: Seen) => longestGapMs(samples, faultMs, endMs),
    ofRuns: 'spread',
  },
  sent: {
    column: 'Sent',
    meaning: 'requests',
    of: ({ samples }: Seen) => samples.filter(({ outcome }) => outcome !== 'unsent').length,
    ofRuns: 'sum',
    shown: 'always',
  },
  failed: {
    column: 'Failed',
    meaning: 'requests without a good answer',
    of: ({ samples }: Seen) => samples.filter(({ outcome }) => outcome === 'failed').length,
    ofRuns: 'sum',
    shown: 'always',
  },
  unsent: {
    column: 'Not sent',
    meaning: 'requests for which the prober was too late, which says nothing about the service',
    of: ({ samples }: Seen) => samples.filter(({ outcome }) => outcome === 'unsent').length,
  },
  slow: {
    column: 'Slow',
    meaning: `good answers after more than ${SLOW_MS} ms`,
    of: ({ latenciesMs }: Seen) => latenciesMs.filter((ms) => ms > SLOW_MS).length,
    ofRuns: 'sum',
    shown: 'at length',
  },
  latencyP50Ms: {
    column: 'Latency p50 / p99 / max',
    meaning: 'of the good answers, from their due times: the median; null without one',
    of: ({ latenciesMs }: Seen) => rankOf(latenciesMs, 50),
  },
  latencyP99Ms: {
    column: 'Latency p50 / p99 / max',
    meaning: 'the same, 99th percentile',
    of: ({ latenciesMs }: Seen) => rankOf(latenciesMs, 99),
    ofRuns: 'spread',
  },
  latencyMaxMs: {
    column: 'Latency p50 / p99 / max',
    meaning: 'the same, the slowest one',
    of: ({ latenciesMs }: Seen) => rankOf(latenciesMs, 100),
  },
  broken: {
    column: 'Broken: keep-alive / downloads',
    meaning: 'keep-alive connections that broke',
    of: ({ breakages }: Seen) => breakages.filter(({ kind }) => kind === 'keep-alive').length,
    ofRuns: 'sum',
    shown: 'always',
  },
  brokenDownloads: {
    column: 'Broken: keep-alive / downloads',
    meaning: 'downloads that broke',
    of: ({ breakages }: Seen) => breakages.filter(({ kind }) => kind === 'download').length,
    ofRuns: 'sum',
    shown: 'always',
  },
  recoveryMs: {
    column: 'Recovery',
    meaning: 'from the fault to the first of the good answers that end the last outage before the heal; 0 without one',
    of: ({ outages, faultMs }: Seen) => (outages.fault.at(-1)?.untilMs ?? faultMs) - faultMs,
    ofRuns: 'spread',
    shown: 'at length',
  },
  healthyAfterHealMs: {
    column: 'Healthy after the heal',
    meaning: 'from the heal until the lab was seen healthy',
    of: ({ recoveredMs, healMs }: Seen) => recoveredMs - healMs,
  },
  dualMasterMs: {
    column: 'Two holders',
    meaning: 'how long more than one node held the virtual IP',
    of: ({ dualMasterMs }: Seen) => dualMasterMs,
  },
  resolutionMs: {
    column: 'Resolution',
    meaning: "the prober's own lateness, 99th percentile: no figure is finer than that",
    of: ({ samples }: Seen) => percentile([0, ...samples.map(({ lateMs }) => lateMs)], 99),
  },
} satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;
export const METRIC_NAMES = Object.keys(METRICS) as MetricName[];

/** Of one run. */
export type Figures = { [Name in MetricName]: ReturnType<(typeof METRICS)[Name]['of']> };

/** The metrics that a drill has of all its runs, by how. */
export type NameOf<Kind extends NonNullable<Metric['ofRuns']>> = {
  [Name in MetricName]: (typeof METRICS)[Name] extends { ofRuns: Kind } ? Name : never;
}[MetricName];

export function metricNamed(name: MetricName): Metric {
  return METRICS[name];
}

export function figuresOf(seen: Seen): Figures {
  return Object.fromEntries(METRIC_NAMES.map((name) => [name, METRICS[name].of(seen)])) as Figures;
}

function windowsOf({ fault, heal }: Seen['outages']): OutageWindow[] {
  return [...fault, ...heal];
}

function rankOf(latenciesMs: number[], rank: number): number | null {
  return latenciesMs.length > 0 ? percentile(latenciesMs, rank) : null;
}
