import type { WhatIfRow } from '../check/what-if/what-if.js';
import type { Cluster } from '../cluster/cluster.js';
import { InvalidInputError } from '../common/errors.js';
import { type TrialDrill, trialDrills } from './trial-drills.js';
import type { TriedRouter } from './tried-routers.js';
import type { World } from './world.js';
import { clusterOfWorld } from './world-cluster.js';

/** What is tried of a virtual router. */
export interface Trial {
  router: TriedRouter;
  cluster: Cluster;
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
 * @param faults by name; all without any
 * @throws InvalidInputError when no node becomes master of one of them
 */
export function trialsOf(
  world: World,
  whatIf: WhatIfRow[],
  { name, model, runs, faults }: { name: string; model: Cluster; runs: number; faults: string[] },
): Trial[] {
  return world.virtualRouters.map((router) => {
    const rows = whatIf.filter(({ virtualRouter }) => virtualRouter === router.label);
    const masters = rows[0]?.mastersBefore ?? [];
    if (masters.length === 0) throw new InvalidInputError(`${router.label}: no node becomes master`);
    const cluster = clusterOfWorld(world, router, name, model, masters[0]!);
    return { router, cluster, masters, rows, drills: trialDrills(cluster, rows, runs, faults) };
  });
}
