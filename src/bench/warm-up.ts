import { type Cluster, tierOf } from '../cluster/cluster.js';
import { waitUntilNothingIsMissing } from '../common/wait-until.js';
import type { SideContainers, WrkLoad } from '../lab/compose/side-containers.js';

const WARM_UP_SECONDS = 6;
const READY_WITHIN_MS = 30_000;

/**
 * Puts load on the targets, 6 s at a time, until a round has answers and no errors.
 * @throws AbortError @throws DeadlineExceededError after 30 s
 */
export function warmUp(
  containers: SideContainers,
  load: Omit<WrkLoad, 'durationSeconds'>,
  signal?: AbortSignal,
): Promise<void> {
  const missing = async () => {
    signal?.throwIfAborted();
    try {
      const { requests, errors } = await containers.load({ ...load, durationSeconds: WARM_UP_SECONDS }, signal);
      return requests > 0 && errors === 0 ? [] : [`${requests} answers, ${errors} errors`];
    } catch (error) {
      // wrk itself ends when nobody listens yet.
      return [(error as Error).message];
    }
  };
  return waitUntilNothingIsMissing(`answers from ${load.targets.join(', ')}`, missing, {
    deadlineMs: READY_WITHIN_MS,
  });
}

/** The way of a client, as wrk's target. */
export function viaVirtualIp(cluster: Cluster): string {
  return `${tierOf(cluster, 'frontend').virtualRouter.virtualIp}:${cluster.ports.tier}`;
}
