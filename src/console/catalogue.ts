import { type Cluster, nodesOf, type Tier, tierOf } from '../cluster/cluster.js';
import { InvalidInputError } from '../common/errors.js';
import { CATALOGUE, faultNamed } from '../drill/catalogue.js';
import type { DrillLoad } from '../drill/drill-report.js';
import { type Fault, type FaultTarget, nodesFor, type PlacedFault, usualNodeFor } from '../drill/fault.js';
import { predicted } from '../report/words.js';
import { NO_DRILLS, refusedByHand } from '../session/live-session.js';
import type { OpenLab } from '../session/open-lab.js';
import type { BreakWish, CatalogueEntry, CataloguePlace } from './page-event.js';

/** Every fault, at every place where it makes sense. @param load of the console's clients */
export function catalogueOf(open: OpenLab, load: DrillLoad): CatalogueEntry[] {
  return (open.onPair ?? CATALOGUE).map((fault) => ({
    ...{ fault: fault.name, tag: fault.tag, scope: fault.scope, description: fault.description },
    parameter: fault.parameter?.allowed ?? null,
    places: open.cluster.tiers.flatMap((tier) => placesOf(open, fault, tier, load)),
  }));
}

function placesOf(open: OpenLab, fault: Fault, tier: Tier, load: DrillLoad): CataloguePlace[] {
  const { cluster, lab } = open;
  const nodes = fault.scope === 'tier' ? [usualNodeFor(fault, tier)] : nodesFor(fault, tier);
  return nodes.map((node) => {
    const target: FaultTarget = { cluster, tier, node };
    const prediction = open.onPair ? null : fault.predict(target, load);
    return {
      place: fault.scope === 'tier' ? tier.name : node.name,
      ...{
        predicted: prediction ? predicted(prediction) : '-',
        because: prediction?.because ?? 'check says what it does',
      },
      refusedByHand: refusedByHand(open, { fault, target }) ?? null,
      refusedAsDrill: open.onPair ? NO_DRILLS : (fault.skippedBecause?.(lab.capabilities, cluster) ?? null),
    };
  });
}

/** @throws InvalidInputError when the catalogue or the cluster does not have it */
export function placedIn(cluster: Cluster, { fault: name, place }: BreakWish): PlacedFault {
  const fault = faultNamed(name);
  const target = fault.scope === 'tier' ? tierTarget(cluster, fault, place) : nodeTarget(cluster, fault, place);
  return { fault, target };
}

function tierTarget(cluster: Cluster, fault: Fault, place: string): FaultTarget {
  const tier = cluster.tiers.find(({ name }) => name === place);
  if (!tier) throw notThere(fault, place, cluster.tiers);
  return { cluster, tier, node: usualNodeFor(fault, tier) };
}

function nodeTarget(cluster: Cluster, fault: Fault, place: string): FaultTarget {
  const allowed = cluster.tiers.flatMap((tier) => nodesFor(fault, tier));
  const node = nodesOf(cluster).find(({ name }) => name === place);
  if (!node || !allowed.includes(node)) throw notThere(fault, place, allowed);
  return { cluster, tier: tierOf(cluster, node.tier), node };
}

function notThere({ name }: Fault, place: string, allowed: { name: string }[]): InvalidInputError {
  const names = allowed.map((one) => one.name).join(', ');
  return new InvalidInputError(`place: ${place} must be one of ${names} for ${name}`);
}
