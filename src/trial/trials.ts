import type { WhatIfRow } from '../check/what-if/what-if.js';
import type { Cluster } from '../cluster/cluster.js';
import { InvalidInputError } from '../common/errors.js';
import type { FaultTarget } from '../drill/fault.js';
import { type TrialDrill, trialDrills } from './trial-drills.js';
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
  { name, model, runs, names }: { name: string; model: Cluster; runs: number; names: string[] },
): Trial[] {
  return world.virtualRouters.map((router) => {
    const rows = whatIf.filter(({ virtualRouter }) => virtualRouter === router.label);
    const masters = rows[0]?.mastersBefore ?? [];
    if (masters.length === 0) throw new InvalidInputError(`${router.label}: no node becomes master`);
    const cluster = clusterOfWorld(world, router, name, model, masters[0]!);
    const [tier] = cluster.tiers;
    const target = { cluster, tier: tier!, node: tier!.nodes[0]! };
    return { router, cluster, target, masters, rows, drills: trialDrills(target, rows, runs, names) };
  });
}
