import { type Cluster, nodeNamed, tierOf } from '../cluster/cluster.js';
import { TIER_NAMES, type TierName } from '../cluster/cluster-file.js';
import { InvalidInputError } from '../common/errors.js';
import { CATALOGUE, faultNamed } from '../drill/catalogue.js';
import type { DrillResult, FaultTag } from '../drill/drill-report.js';
import type { Drill } from '../drill/drill-runner.js';
import { type Fault, type FaultTarget, nodesFor, usualNodeFor } from '../drill/fault.js';
import type { Random } from '../drill/random.js';

/** Which drills are wanted. What is missing does not limit. */
export interface DrillChoice {
  /** Without it all faults but those that want to be asked for by name. */
  faultName?: string | undefined;
  /** Whether faults that want to be asked for by name (`onlyByName`) are chosen without it, too. */
  all?: boolean | undefined;
  tag?: FaultTag | undefined;
  tier?: TierName | undefined;
  /** Without it the node that each fault is usual on. */
  node?: string | undefined;
  /** How often each. */
  runs: number;
}

/**
 * The drills that a choice comes to, in the order of the catalogue.
 * @throws InvalidInputError for what the cluster or the catalogue does not have, or when nothing is left to be done
 */
export function chooseDrills(cluster: Cluster, { faultName, all, tag, tier, node, runs }: DrillChoice): Drill[] {
  const isAskedFor = (fault: Fault) => (tag === undefined || fault.tag === tag) && (all || !fault.onlyByName);
  const faults = faultName === undefined ? CATALOGUE.filter(isAskedFor) : [faultNamed(faultName)];
  const named = node === undefined ? undefined : nodeNamed(cluster, node);
  if (named && tier !== undefined && named.tier !== tier)
    throw new InvalidInputError(`--tier: ${named.name} is in the tier ${named.tier}, not in ${tier}`);
  const tiers = named ? [named.tier] : tier === undefined ? TIER_NAMES : [tier];
  const drills = faults
    .filter(
      (fault) => !named || (fault.scope === 'node' && nodesFor(fault, tierOf(cluster, named.tier)).includes(named)),
    )
    .flatMap((fault) =>
      tiers.map((name): Drill => {
        const target: FaultTarget = {
          cluster,
          tier: tierOf(cluster, name),
          node: named ?? usualNodeFor(fault, tierOf(cluster, name)),
        };
        return { fault, target, runs };
      }),
    );
  if (drills.length === 0)
    throw new InvalidInputError(
      `--node: ${node} cannot be given for ${faultName}, which concerns ${concernOf(faults[0]!)}; use --tier`,
    );
  return drills;
}

/** Tier by tier, so that the probe need not be started anew for each; within a tier by chance. */
export function shuffledByTier(drills: Drill[], random: Random): Drill[] {
  return TIER_NAMES.flatMap((tier) => random.shuffled(drills.filter(({ target }) => target.tier.name === tier)));
}

/** Where a drill of the result's kind is among them. */
export function rankOf({ fault, tier }: DrillResult, drills: Drill[]): number {
  return drills.findIndex((drill) => drill.fault.name === fault && drill.target.tier.name === tier);
}

function concernOf({ scope, role }: Fault): string {
  return scope === 'tier' ? 'a whole tier' : `the ${role} of a tier`;
}
