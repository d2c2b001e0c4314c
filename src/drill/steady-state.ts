import type { Cluster } from '../cluster/cluster.js';
import { waitUntilNothingIsMissing } from '../common/wait-until.js';
import type { LabObserver, NodeObservation } from '../lab/lab.js';
import { untilHealthy } from '../lab/lab-problems.js';

/** A lab whose steady state is waited for. */
export interface Settling {
  cluster: Cluster;
  lab: LabObserver;
  /** What keeps it from its steady state, a line each; `labProblems` without it, which knows the lab's own nodes. */
  problemsOf?: ((observations: NodeObservation[]) => string[]) | undefined;
  /** How long it may take; `traits.healthyWithinMs` without it. */
  settlesWithinMs?: number | undefined;
}

/** @returns the observations that showed it @throws DeadlineExceededError with what is still in the way */
export async function untilSteady(
  { cluster, lab, problemsOf, settlesWithinMs }: Settling,
  deadlineMs = settlesWithinMs ?? lab.traits.healthyWithinMs,
): Promise<NodeObservation[]> {
  if (!problemsOf) return untilHealthy(cluster, lab, { deadlineMs });
  let seen: NodeObservation[] = [];
  const missing = async () => problemsOf((seen = await lab.observe()));
  const { lookIntervalMs: intervalMs } = lab.traits;
  await waitUntilNothingIsMissing('steady state', missing, { deadlineMs, intervalMs, clock: lab.clock });
  return seen;
}
