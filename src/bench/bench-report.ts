import type { TierName } from '../cluster/cluster-file.js';
import type { Machine } from '../drill/drill-report.js';
import type { Spread } from '../drill/spread.js';
import type { Arrangement, ArrangementName } from './arrangement.js';

/** Changes when a reader of bench.json would have to. */
export const BENCH_VERSION = 2;

/** What `ha-demo bench` came to: the content of bench.json. */
export interface BenchReport {
  version: typeof BENCH_VERSION;
  /** ISO 8601, UTC. */
  startedAt: string;
  finishedAt: string;
  machine: Machine;
  load: { connections: number; durationSeconds: number; rounds: number };
  /** The other commit, in full, with `--against`. */
  against?: string;
  throughput: Throughput[];
  /** Of the whole chain, beside the others. */
  ratios: {
    /** What the HAProxies take of the throughput of the services alone, 0 to 1. */
    haproxyCost: number;
    /** What a bare Node server does behind the same HAProxies, as a multiple of what the services do. */
    bareToServices: number;
    /** What the whole chain does, as a multiple of what that of the other commit does. */
    chainToAgainst?: number;
    /** As `bareToServices`, both behind the HAProxies of the other commit. */
    bareToServicesBehindAgainst?: number;
    /** Processor time of the services of each tier in the whole chain, as a multiple of that of the bare Node servers. */
    appToBare: Record<TierName, number>;
  };
  growth: Growth[];
}

/** Of one arrangement, over the rounds: medians. */
export interface Throughput {
  name: ArrangementName;
  description: string;
  haproxies: Arrangement['haproxies'];
  requestsPerSecond: number;
  latencyMs: { p50: number; p90: number; p99: number; max: number };
  /** In all rounds. */
  errors: number;
  containers: ContainerCost[];
}

/** Of a container, or of one that took its place, under the load of an arrangement. */
export interface ContainerCost {
  /** Such as `frontend-01 app`. */
  name: string;
  tier: TierName;
  /** `app`, `haproxy`, `keepalived` or `node`. */
  role: string;
  /** Requests of the client: two servers of a tier have half of them each. */
  cpuMsPer1000Requests: number;
  /** MiB (2^20 bytes), without what the kernel caches of files. */
  memoryMb: number;
}

export interface Growth {
  nodesPerTier: number;
  /** MiB (2^20 bytes) of all nodes together, when nothing is asked. */
  memoryMb: number;
  /** kill-haproxy on the holder of the frontend tier. */
  killHaproxyOutageMs: Spread;
  failed: number;
  runs: number;
}
