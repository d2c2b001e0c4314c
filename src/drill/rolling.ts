import { type LabObserver } from '../lab/lab.js';
import { untilHealthy } from '../lab/lab-problems.js';
import { SERVICE_NAMES, type ServiceName } from '../node/contract.js';
import type { FaultTarget } from './fault.js';

/**
 * Does something to every service of a tier, one node after the other; the lab is healthy in between.
 * @throws the signal's reason, before the next step
 * @throws DeadlineExceededError when the lab is not healthy in time after a node
 */
export async function nodeByNode(
  lab: LabObserver,
  { cluster, tier }: FaultTarget,
  change: (node: string, service: ServiceName) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  // The backups first, so that the virtual IP moves once.
  for (const { name } of tier.nodes.toReversed()) {
    for (const service of SERVICE_NAMES) {
      signal?.throwIfAborted();
      await change(name, service);
    }
    await untilHealthy(cluster, lab);
    // Until HAProxy gives it its full share: a service that has just started is slow, and the next one leaves it alone.
    await lab.clock.pause(cluster.profile.haproxy.slowStartMs, signal);
  }
}
