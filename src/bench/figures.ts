import { type Cluster, nodesOf } from '../cluster/cluster.js';
import { TIER_NAMES, type TierName } from '../cluster/cluster-file.js';
import { percentile } from '../drill/spread.js';
import type { ContainerUsage, WrkResult } from '../lab/compose/side-containers.js';
import type { Arrangement, ArrangementName } from './arrangement.js';
import type { BenchReport, ContainerCost, Throughput } from './bench-report.js';

/** Of one round. */
export interface Measurement {
  result: WrkResult;
  /** Of each container, when the load began and when it had ended. */
  before: ContainerUsage[];
  after: ContainerUsage[];
}

/** Of one arrangement, over the rounds: medians. @param rounds at least one */
export function throughputOf(
  { name, description, haproxies }: Arrangement,
  cluster: Cluster,
  rounds: Measurement[],
): Throughput {
  const median = (figure: (result: WrkResult) => number) => medianOf(rounds.map(({ result }) => figure(result)));
  return {
    name,
    description,
    haproxies,
    requestsPerSecond: median(({ requests, durationUs }) => requests / (durationUs / 1e6)),
    latencyMs: {
      p50: median(({ p50Us }) => p50Us / 1000),
      p90: median(({ p90Us }) => p90Us / 1000),
      p99: median(({ p99Us }) => p99Us / 1000),
      max: median(({ maxUs }) => maxUs / 1000),
    },
    errors: rounds.reduce((sum, { result }) => sum + result.errors, 0),
    containers: costsOf(cluster, rounds),
  };
}

export function ratiosOf(throughput: Throughput[]): BenchReport['ratios'] {
  const rate = (name: ArrangementName) => throughput.find((one) => one.name === name)?.requestsPerSecond;
  const [chain, services, bare] = [rate('chain')!, rate('services')!, rate('bare')!];
  const [against, ownBehind, bareBehind] = [rate('against'), rate('servicesBehindAgainst'), rate('bareBehindAgainst')];
  return {
    haproxyCost: 1 - chain / services,
    bareToServices: bare / chain,
    ...(against !== undefined && { chainToAgainst: chain / against }),
    ...(ownBehind !== undefined && bareBehind !== undefined && { bareToServicesBehindAgainst: bareBehind / ownBehind }),
    appToBare: appToBareOf(throughput, 'chain')!,
  };
}

/**
 * What an arrangement's servers take of the processor, as a multiple of what bare ones take, behind the same HAProxies.
 * @returns undefined for bare servers themselves
 */
export function appToBareOf(throughput: Throughput[], name: ArrangementName): Record<TierName, number> | undefined {
  const measured = throughput.find((one) => one.name === name)!;
  const bare = measured.haproxies === 'against' ? 'bareBehindAgainst' : 'bare';
  if (name === 'bare' || name === 'bareBehindAgainst') return undefined;
  const reference = throughput.find((one) => one.name === bare)!;
  const [frontend, backend] = TIER_NAMES.map(
    (tier) => tierCost(measured, tier, 'app') / tierCost(reference, tier, 'app'),
  );
  return { frontend: frontend!, backend: backend! };
}

/** Processor ms per 1000 requests of the client, of all of a tier's nodes. */
export function tierCost({ containers }: Throughput, tier: TierName, role: string): number {
  return containers
    .filter((one) => one.tier === tier && one.role === role)
    .reduce((sum, { cpuMsPer1000Requests }) => sum + cpuMsPer1000Requests, 0);
}

function costsOf(cluster: Cluster, rounds: Measurement[]): ContainerCost[] {
  const nodes = nodesOf(cluster);
  return rounds[0]!.after.flatMap(({ node, role }) => {
    const tier = nodes.find(({ name }) => name === node)?.tier;
    const of = (usages: ContainerUsage[]) => usages.find((one) => one.node === node && one.role === role);
    const costs = rounds.flatMap(({ result: { requests }, before, after }) => {
      const [earlier, later] = [of(before), of(after)];
      if (!earlier || !later) return [];
      return [{ perRequestMs: (later.cpuMs - earlier.cpuMs) / requests, memoryMb: later.memoryBytes / 2 ** 20 }];
    });
    if (tier === undefined || costs.length === 0) return [];
    return [
      {
        name: `${node} ${role}`,
        tier,
        role,
        cpuMsPer1000Requests: medianOf(costs.map(({ perRequestMs }) => perRequestMs)) * 1000,
        memoryMb: medianOf(costs.map(({ memoryMb }) => memoryMb)),
      },
    ];
  });
}

function medianOf(values: number[]): number {
  return percentile(values, 50);
}
