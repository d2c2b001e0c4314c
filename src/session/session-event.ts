import type { ProfileName, TierName } from '../cluster/cluster-file.js';
import type { Phase } from '../drill/break-and-mend.js';
import type { DrillLoad, DrillReport, DrillResult, DrillVerdict, Prediction } from '../drill/drill-report.js';
import type { FaultPlace } from '../drill/fault.js';
import type { SoakRound } from '../drill/soak-report.js';
import type { NodeObservation } from '../lab/lab.js';
import type { NodeEvent } from '../lab/node-event.js';
import type { ProbeBreakage, ProbeSample } from '../probe/probe-event.js';

/** Changes when a reader of a recording would have to. */
export const EVENT_VERSION = 1;

/**
 * What happens while a lab is drilled, in the order in which it becomes known; recordings are lines of JSON of these. A
 * reader passes over events that it does not know.
 */
export type SessionEvent = Happening & {
  /** When it happened: ms since the stream began, on the clock of the host that drills. */
  atMs: number;
};

/** The events without their times. */
export type Happening =
  | StreamStarted
  | CampaignStarted
  | PhaseBegun
  | ProbeStarted
  | ProbeEnded
  | Request
  | Broken
  | NodeHappening
  | DrillEnded
  | RoundEnded
  | CampaignEnded
  | ClusterShown
  | NodesSeen
  | FaultsStanding
  | Mended
  | LabLost;

/** Tells who listens. @param momentMs when it happened, ms of the lab's clock; now without it */
export type Publish = (happening: Happening, momentMs?: number) => void;

/** The first event. */
export interface StreamStarted {
  event: 'stream-started';
  version: typeof EVENT_VERSION;
  /** The moment of `atMs: 0`, in ms since 1970. */
  wallClockMs: number;
}

export interface CampaignStarted extends Pick<DrillReport, 'cluster' | 'lab' | 'seed'> {
  event: 'campaign-started';
  load: DrillLoad;
  /** How many are planned; a drill is a fault at a place, and has one run or more. */
  drills: number;
  runs: number;
}

/** Where a run of a drill has come to. */
export interface PhaseBegun {
  event: 'phase';
  phase: Phase;
  fault: string;
  tier: TierName;
  /** Null for a fault of a tier as a whole. */
  node: string | null;
  profile: ProfileName;
  /** From 1. */
  run: number;
  runs: number;
  /** Of the outage that clients see; null of a fault by hand on a pair of the user's. */
  prediction: Prediction | null;
}

/** Clients begin to ask. */
export interface ProbeStarted {
  event: 'probe-started';
  url: string;
  ratePerSecond: number;
  timeoutMs: number;
}

/** They ask no more. */
export interface ProbeEnded {
  event: 'probe-ended';
}

/** A request on a fresh connection; it happens when it is due. */
export interface Request extends Omit<ProbeSample, 'dueMs'> {
  event: 'request';
}

/** A client's connection has broken. */
export interface Broken extends Omit<ProbeBreakage, 'atMs'> {
  event: 'broken';
}

/** A virtual router or a server has changed its state. */
export type NodeHappening = WithoutTime<NodeEvent>;
type WithoutTime<Event> = Event extends unknown ? Omit<Event, 'atMs'> : never;

export interface DrillEnded {
  event: 'drill-ended';
  result: DrillResult;
}

/** Of a soak: one fault, or two at once. */
export interface RoundEnded extends Omit<SoakRound, 'faults'> {
  event: 'round-ended';
  verdict: DrillVerdict;
  /** Why it is not `pass`. */
  because?: string;
  /** Such as `hang-app on backend-01`. */
  faults: string[];
}

export interface CampaignEnded {
  event: 'campaign-ended';
  verdict: DrillVerdict;
  /** What has gone wrong with the lab; missing when nothing has. */
  because?: string;
}

/** What the cluster is, when somebody begins to watch or to drill it. */
export interface ClusterShown {
  event: 'cluster';
  name: string;
  /** As `--lab` has it. */
  lab: string;
  profile: ProfileName;
  tiers: { name: TierName; virtualIp: string; nodes: { name: string; address: string }[] }[];
}

/** How the nodes were at a look at the lab; it happens when the look began. */
export interface NodesSeen {
  event: 'nodes';
  nodes: NodeSeen[];
  /** What keeps the lab from its steady state, a line each. */
  problems: string[];
}

export interface NodeSeen extends Pick<
  NodeObservation,
  'node' | 'power' | 'link' | 'services' | 'vrrpState' | 'vipsHeld'
> {
  /** As the node's HAProxy sees them. */
  servers: Pick<NodeObservation['servers'][number], 'name' | 'status'>[];
}

/** What is broken on purpose and not mended, as the journal has it; told when it changes. None when all is mended. */
export interface FaultsStanding {
  event: 'standing';
  faults: (FaultPlace & { fault: string })[];
  /** Who mends it: this program, another one that is at work, or nobody any more. */
  owner: 'this' | 'another' | 'nobody';
}

/** A fault that somebody has caused by hand is mended, or could not be. */
export interface Mended extends Pick<PhaseBegun, 'fault' | 'tier' | 'node'> {
  event: 'mended';
  /** Whether the lab is in its steady state again. */
  isHealed: boolean;
  /** What has gone wrong; none when it went as asked for. */
  remarks: string[];
}

/** The lab cannot be watched at the moment; it is told anew what the cluster is when it can be again. */
export interface LabLost {
  event: 'lost';
  because: string;
}
