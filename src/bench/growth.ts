import { type Cluster, tierOf } from '../cluster/cluster.js';
import { faultNamed } from '../drill/catalogue.js';
import type { DrillRunner } from '../drill/drill-runner.js';
import type { SideContainers } from '../lab/compose/side-containers.js';
import type { Growth } from './bench-report.js';
import { viaVirtualIp, warmUp } from './warm-up.js';

/** As many as the drill has. */
const CONNECTIONS = 20;

/** What a lab of this size takes when nobody asks, and what a killed HAProxy of its frontend tier costs. */
export async function measureGrowth(
  cluster: Cluster,
  containers: SideContainers,
  runner: DrillRunner,
  runs: number,
): Promise<Growth> {
  const memoryBytes = (await containers.usage()).reduce((sum, usage) => sum + usage.memoryBytes, 0);
  await warmUp(containers, { targets: [viaVirtualIp(cluster)], path: '/frontend', connections: CONNECTIONS });
  const tier = tierOf(cluster, 'frontend');
  const target = { cluster, tier, node: tier.nodes[0]! };
  const { statistics, remarks } = await runner.run({ fault: faultNamed('kill-haproxy'), target, runs });
  if (!statistics) throw new Error(`kill-haproxy could not be measured: ${remarks.join('; ')}`);
  return {
    nodesPerTier: tier.nodes.length,
    memoryMb: memoryBytes / 2 ** 20,
    killHaproxyOutageMs: statistics.outageMs,
    failed: statistics.failed,
    runs,
  };
}
