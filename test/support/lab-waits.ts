import { type Cluster, tierOf } from '../../src/cluster/cluster.js';
import type { TierName } from '../../src/cluster/cluster-file.js';
import { waitUntilNothingIsMissing } from '../../src/common/wait-until.js';
import type { LabObserver, NodeObservation } from '../../src/lab/lab.js';
import { labProblems } from '../../src/lab/lab-problems.js';
import type { ServiceName } from '../../src/node/contract.js';

/** Waits for what is to be seen of a lab, as long as the lab may take for it. */
export class LabWaits<Watched extends LabObserver = LabObserver> {
  constructor(
    readonly cluster: Cluster,
    readonly lab: Watched,
    /** How often it is asked meanwhile. */
    private readonly intervalMs = lab.traits.lookIntervalMs,
  ) {}

  /** @param missing what is still missing, `[]` when the condition holds */
  until(
    condition: string,
    missing: (nodes: NodeObservation[]) => string[],
    deadlineMs = this.lab.traits.healthyWithinMs,
  ): Promise<void> {
    const { intervalMs } = this;
    return waitUntilNothingIsMissing(condition, async () => missing(await this.lab.observe()), {
      ...{ deadlineMs, intervalMs },
    });
  }

  untilHealthy(): Promise<void> {
    return this.until('healthy lab', (nodes) => labProblems(this.cluster, nodes).map(({ text }) => text));
  }

  untilUp(node: string, service: ServiceName): Promise<void> {
    return this.until(`${service} of ${node} is up`, (nodes) =>
      nodes.some((candidate) => candidate.node === node && candidate.services[service] === 'up') ? [] : [service],
    );
  }

  /** Alone, or else beside a node that nobody hears. */
  untilHeldBy(tier: TierName, node: string, { alone = true } = {}): Promise<void> {
    const { virtualIp } = tierOf(this.cluster, tier).virtualRouter;
    return this.until(`${virtualIp} held by ${node}`, (nodes) => {
      const holders = nodes.filter(({ vipsHeld }) => vipsHeld.includes(virtualIp)).map((holder) => holder.node);
      const isHeld = holders.includes(node) && (!alone || holders.length === 1);
      return isHeld ? [] : [`held by ${holders.join(', ') || 'nobody'}`];
    });
  }
}
