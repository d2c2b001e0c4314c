import type { WhatIfRow } from '../check/what-if/what-if.js';
import type { Cluster } from '../cluster/cluster.js';
import { InvalidInputError } from '../common/errors.js';
import type { DrillLoad } from '../drill/drill-report.js';
import type { FaultTarget } from '../drill/fault.js';
import { takesItBack, type TrialDrill, trialDrills } from './trial-drills.js';
import type { TriedRouter } from './tried-routers.js';
import type { World } from './world.js';
import { clusterOfWorld } from './world-cluster.js';

/** What is tried of a virtual router. */
export interface Trial {
  router: TriedRouter;
  cluster: Cluster;
  /** The node that begins as master. */
  target: FaultTarget;
  /** As `check` says. */
  masters: string[];
  /** Of `check`. */
  rows: WhatIfRow[];
  drills: TrialDrill[];
}

/**
 * Of each virtual router that is drilled.
 * @param whatIf all rows of `check`
 * @param name of the lab
 * @param names of faults; all without any
 * @throws InvalidInputError when no node becomes master of one of them
 */
export function trialsOf(
  world: World,
  whatIf: WhatIfRow[],
  { name, ...order }: { name: string; model: Cluster; load: DrillLoad; runs: number; names: string[] },
): Trial[] {
  const [first, ...others] = world.virtualRouters.map((router): Trial => {
    const rows = whatIf.filter(({ virtualRouter }) => virtualRouter === router.label);
    const masters = rows[0]?.mastersBefore ?? [];
    if (masters.length === 0) throw new InvalidInputError(`${router.label}: no node becomes master`);
    const cluster = clusterOfWorld(world, router, name, order.model, masters[0]!);
    const [tier] = cluster.tiers;
    const target = { cluster, tier: tier!, node: tier!.nodes[0]! };
    return { router, cluster, target, masters, rows, drills: trialDrills(target, rows, order) };
  });
  const [together, apart] = [others.filter(fits), others.filter((other) => !fits(other))];
  world.differences.push(
    ...apart.map(
      ({ router, target }) =>
        `${router.label}: runs, and is not drilled: without preemption ${target.node.name} is not given its virtual IP back without taking that of ${first!.target.node.name}`,
    ),
  );
  return [first!, ...together];

  /** To give one its virtual IP back is to stop the keepalived of the other. */
  function fits({ target, rows }: Trial): boolean {
    const { node } = first!.target;
    return node.name === target.node.name || takesItBack(node.name, first!.rows) || takesItBack(target.node.name, rows);
  }
}
