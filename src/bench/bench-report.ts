import type { Machine, Spread } from '../drill/drill-report.js';

/** Changes when a reader of bench.json would have to. */
export const BENCH_VERSION = 1;

/** What `ha-demo bench` came to: the content of bench.json. */
export interface BenchReport {
  version: typeof BENCH_VERSION;
  /** ISO 8601, UTC. */
  startedAt: string;
  finishedAt: string;
  machine: Machine;
  load: { connections: number; durationSeconds: number; rounds: number };
  throughput: Throughput[];
  /** Of the whole chain, beside the others. */
  ratios: {
    /** What the HAProxies take of the throughput of the services alone, 0 to 1. */
    haproxyCost: number;
    /** What a bare Node server does behind the same HAProxies, as a multiple of what the services do. */
    bareToServices: number;
  };
  /** While the whole chain was under load. */
  containers: ContainerCost[];
  growth: Growth[];
}

/** Of one arrangement, over the rounds: medians. */
export interface Throughput {
  name: ArrangementName;
  description: string;
  requestsPerSecond: number;
  latencyMs: { p50: number; p90: number; p99: number; max: number };
  /** In all rounds. */
  errors: number;
}

export type ArrangementName = 'chain' | 'services' | 'bare';

export interface ContainerCost {
  name: string;
  cpuMsPer1000Requests: number;
  memoryMb: number;
}

export interface Growth {
  nodesPerTier: number;
  /** Of all nodes, when nothing is asked. */
  memoryMb: number;
  /** kill-haproxy on the holder of the frontend tier. */
  killHaproxyOutageMs: Spread;
  failed: number;
  runs: number;
}

/** For docs/performance.md. */
export function benchMarkdown(report: BenchReport): string {
  const { machine, load, throughput, ratios, containers, growth, startedAt } = report;
  return [
    ...table(
      ['arrangement', 'requests/s', 'p50 ms', 'p90 ms', 'p99 ms', 'max ms', 'errors'],
      throughput.map(({ description, requestsPerSecond, latencyMs: { p50, p90, p99, max }, errors }) => [
        description,
        String(Math.round(requestsPerSecond)),
        ...[p50, p90, p99, max].map((ms) => ms.toFixed(1)),
        String(errors),
      ]),
    ),
    `The HAProxies cost ${Math.round(ratios.haproxyCost * 100)} % of the throughput of the services alone. Behind the same HAProxies ` +
      `bare Node servers do ${ratios.bareToServices.toFixed(2)} times as much as the services.`,
    '',
    ...table(
      ['container', 'processor ms per 1000 requests', 'memory MB'],
      containers.map(({ name, cpuMsPer1000Requests, memoryMb }) => [
        name,
        cpuMsPer1000Requests.toFixed(0),
        memoryMb.toFixed(0),
      ]),
    ),
    ...table(
      ['nodes per tier', 'memory MB, idle', 'kill-haproxy: outage ms, median', 'p95', 'max', 'failed', 'runs'],
      growth.map(({ nodesPerTier, memoryMb, killHaproxyOutageMs: { medianMs, p95Ms, maxMs }, failed, runs }) => [
        String(nodesPerTier),
        memoryMb.toFixed(0),
        ...[medianMs, p95Ms, maxMs].map((ms) => ms.toFixed(0)),
        String(failed),
        String(runs),
      ]),
    ),
    `Measured on ${startedAt.slice(0, 10)} on ${machine.cpus} x ${machine.cpuModel}, ${machine.memoryGb} GB, Linux ${machine.kernel}: ` +
      `${load.connections} connections, ${load.durationSeconds} s, medians of ${load.rounds} round(s).`,
    '',
  ].join('\n');
}

function table(head: string[], rows: string[][]): string[] {
  if (rows.length === 0) return [];
  return [...[head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`), ''];
}
