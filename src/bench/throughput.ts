import type { Cluster } from '../cluster/cluster.js';
import type { SideContainers } from '../lab/compose/side-containers.js';
import type { Arrangement } from './arrangement.js';
import type { Arranger } from './arranger.js';
import type { BenchReport } from './bench-report.js';
import { type Measurement, ratiosOf, throughputOf } from './figures.js';
import { warmUp } from './warm-up.js';

export interface ThroughputSettings {
  rounds: number;
  connections: number;
  durationSeconds: number;
  onArrangement: (description: string, round: number) => void;
  /** Ends it early, with the lab as it was. */
  signal: AbortSignal;
}

/**
 * The arrangements under the same load. They take turns, round by round, so that a machine whose speed drifts is the same
 * to all of them.
 * @throws AbortError
 */
export async function measureThroughput(
  cluster: Cluster,
  arrangements: Arrangement[],
  arranger: Arranger,
  containers: SideContainers,
  { rounds, connections, durationSeconds, onArrangement, signal }: ThroughputSettings,
): Promise<Pick<BenchReport, 'throughput' | 'ratios'>> {
  const measured = arrangements.map((arrangement) => ({ arrangement, measurements: [] as Measurement[] }));
  for (let round = 1; round <= rounds; round += 1) {
    for (const { arrangement, measurements } of measured) {
      onArrangement(arrangement.description, round);
      const load = { targets: arranger.targetsOf(arrangement), path: '/frontend', connections };
      const measurement = await arranger.during(arrangement, signal, async () => {
        await warmUp(containers, load, signal);
        const before = await containers.usage();
        const result = await containers.load({ ...load, durationSeconds }, signal);
        return { before, result, after: await containers.usage() };
      });
      measurements.push(measurement);
    }
  }
  const throughput = measured.map(({ arrangement, measurements }) => throughputOf(arrangement, cluster, measurements));
  return { throughput, ratios: ratiosOf(throughput) };
}
