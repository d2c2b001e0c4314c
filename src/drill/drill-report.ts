import type { ProfileName, TierName } from '../cluster/cluster-file.js';
import type { Figures, NameOf } from './metrics.js';
import type { OutageWindow } from './outage.js';
import type { Spread } from './spread.js';

/** Changes when a reader of report.json would have to. */
export const REPORT_VERSION = 1;

export const FAULT_TAGS = ['planned', 'crash', 'hang', 'network', 'resource', 'application'] as const;
export type FaultTag = (typeof FAULT_TAGS)[number];

/**
 * `fail`: beyond the budget, or the fault itself failed. `unknown`: the lab was not steady before, the drill did not run, or the
 * prober was too late. The worst one counts, of a drill's runs and of a report's drills: fail, unknown, pass.
 */
export type DrillVerdict = 'pass' | 'fail' | 'unknown';

/** What drills came to: the content of report.json. Times within a run are in ms since its steady state began to be watched. */
export interface DrillReport {
  version: typeof REPORT_VERSION;
  /** ISO 8601, UTC. */
  startedAt: string;
  finishedAt: string;
  /** Of cluster.yaml. */
  cluster: string;
  /** As `--lab` has it. */
  lab: string;
  machine: Machine;
  load: DrillLoad;
  seed: number;
  verdict: DrillVerdict;
  drills: DrillResult[];
  /** Of a pair of the user's: what `check` has found in its files, errors and warnings. */
  findings?: ReportedFinding[];
}

export interface ReportedFinding {
  rule: string;
  severity: 'error' | 'warning';
  /** file:line */
  place: string;
  happens: string;
}

/** What the figures were measured on. */
export interface Machine {
  cpus: number;
  cpuModel: string;
  /** GiB (2^30 bytes). */
  memoryGb: number;
  kernel: string;
}

export interface DrillLoad {
  ratePerSecond: number;
  /** How long a client on a fresh connection waits. */
  timeoutMs: number;
  keepAliveConnections: number;
  downloads: number;
}

/** A fault at one place under one profile, run once or more often. */
export interface DrillResult {
  fault: string;
  tag: FaultTag;
  description: string;
  tier: TierName;
  /** Null for a fault of a tier as a whole. */
  node: string | null;
  profile: ProfileName;
  /** Whom the clients asked, and how long they waited: a fault may want others than `load` says. */
  asked: TierName;
  timeoutMs: number;
  /** Why the lab cannot do it; there are no runs then, and no verdict. */
  skippedBecause: string | null;
  prediction: Prediction;
  /** What the classic demos (profile `classic`) are expected to cost, in words, such as `1 to 4 s`. */
  classicClaim: string;
  budget: Budget | null;
  runs: DrillRun[];
  /** Over the runs; null when there are none. */
  statistics: DrillStatistics | null;
  verdict: DrillVerdict | null;
  /** Why it is not `pass`; also the warning of a figure far outside the prediction. */
  remarks: string[];
  /** Of the run with the longest outage, or the most failures; null when there are no runs. */
  timeline: RunTimeline | null;
  /** Of a pair of the user's alone. */
  tried?: TriedPair;
}

/** What became of the virtual IP of a pair of the user's. */
export interface TriedPair {
  virtualIp: string;
  /** What was broken: a node, a server as `backend/server`, or the backends all of whose servers were. */
  on: string;
  /** Who held it before it was mended, such as `lb2` or `lb1 and lb2` or `nobody`; several when runs differ. */
  mastersThen: string[];
  /** In a run clients were not served until then. */
  lastsUntilMended: boolean;
  /** Whether anything was predicted of it. */
  isPredicted: boolean;
  /** Whether `check` had said that; null when it could not, or nothing was run. */
  isAsPredicted: boolean | null;
  /** What the lab's own cluster is predicted to cost under the same fault, with the profile of the drill; null for servers, which it has none of. */
  inLab: Prediction | null;
}

export interface Prediction {
  /** The shortest outage that the timers alone allow. */
  fromMs: number;
  /** The longest one, without what machines need beside the timers; null: as long as the fault lasts. */
  untilMs: number | null;
  /** How it comes about, in words. */
  because: string;
}

/** What a drill may cost. A missing figure is not limited. */
export interface Budget {
  /** In one run: failed requests, from the fault to the end of the run. */
  failed?: number;
  /** The same in percent of the requests sent in that time, 0 to 100. */
  failedPercent?: number;
  /** In one run: broken connections, keep-alive and downloads together. */
  broken?: number;
  /** In one run: failed requests that got no HTTP answer at all. */
  unanswered?: number;
  /** In one run: the slowest good answer. */
  latencyMaxMs?: number;
  /** p95 over the runs of each one's longest outage. */
  outageP95Ms?: number;
  /** p95 over the runs of each one's p99 of latency. */
  latencyP99Ms?: number;
  /** p95 over the runs of the time from the fault to the recovery. */
  recoveryP95Ms?: number;
}

export interface DrillRun {
  /** From 1. */
  number: number;
  /** ISO 8601, UTC. */
  startedAt: string;
  verdict: DrillVerdict;
  remarks: string[];
  marks: RunMarks;
  measured: RunMeasurement;
}

/** When the phases of a run began, in ms since its steady state began to be watched; all 0 when nothing was measured. */
export interface RunMarks {
  /** The fault was asked for. */
  faultMs: number;
  /** The lab said that the fault is done. */
  faultDoneMs: number;
  /** The heal was asked for. */
  healMs: number;
  /** The lab said that the heal is done. */
  healDoneMs: number;
  /** The lab was seen healthy again. */
  recoveredMs: number;
  /** Requests that were due before are counted; all of them have ended. */
  endMs: number;
}

/** From the fault to the end of the run. */
export interface RunMeasurement extends Figures {
  /** Of the failed requests. */
  failuresByReason: Record<string, number>;
  /** Of keep-alive connections and downloads, such as `timeout`; see `reason` of ProbeBreakage. */
  breakagesByReason: Record<string, number>;
  /** Between fault and heal, and from the heal on. */
  outages: { fault: OutageWindow[]; heal: OutageWindow[] };
}

/** Over the runs of a drill, from each fault on. */
export type DrillStatistics = { [Name in NameOf<'sum'>]: number } & { [Name in NameOf<'spread'>]: Spread };

/** What one run looked like. */
export interface RunTimeline {
  run: number;
  samples: SampleColumns;
  /** When keep-alive connections and downloads broke. */
  brokenAtMs: number[];
  lanes: Lane[];
  /** fault -> detected -> elected -> first good answer; those that are known. A request that was served may have been due before the election. */
  steps: { name: string; atMs: number }[];
}

/** The same index is the same request; in the order of `dueMs`. */
export interface SampleColumns {
  dueMs: number[];
  /** Null when unsent. */
  latencyMs: (number | null)[];
  outcome: ('ok' | 'failed' | 'unsent')[];
  /** The node of the tier that was asked; null when it did not say. */
  answeredBy: (string | null)[];
}

/** The states of one thing over the run. */
export interface Lane {
  /** Such as `frontend-01 VRRP` or `frontend-01 sees backend-02`. */
  name: string;
  kind: 'vrrp' | 'server';
  /** In order; each lasts until the next one. */
  states: { fromMs: number; state: string }[];
}
