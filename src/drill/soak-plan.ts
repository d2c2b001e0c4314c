import { type Cluster, type Node } from '../cluster/cluster.js';
import type { LabCapabilities } from '../lab/lab.js';
import { CATALOGUE } from './catalogue.js';
import { nodesFor, type PlacedFault } from './fault.js';
import { killAllApps } from './faults/kill-all-apps.js';
import type { Random } from './random.js';

/** How often a fault is given company. */
const SHARE_OF_PAIRS = 0.4;

/**
 * Faults at random places, one after the other or two at once.
 * @param count how many faults, those of a pair counted one by one
 * @returns at least one round; each has one fault or two
 */
export function soakPlan(
  cluster: Cluster,
  capabilities: LabCapabilities,
  count: number,
  random: Random,
): PlacedFault[][] {
  const everywhere = placesFor(cluster, capabilities);
  const faults = [...new Set(everywhere.map(({ fault }) => fault))];
  const rounds: PlacedFault[][] = [];
  let planned = 0;
  while (planned < count) {
    // By fault first: one of a whole tier has fewer places, and is to come as often.
    const fault = random.pick(faults);
    const first = random.pick(everywhere.filter((placed) => placed.fault === fault));
    const company = everywhere.filter((other) => mayLastTogether(first, other));
    const isPair = random.next() < SHARE_OF_PAIRS && company.length > 0 && planned + 2 <= count;
    const round = isPair ? [first, random.pick(company)] : [first];
    rounds.push(round);
    planned += round.length;
  }
  return rounds;
}

/**
 * Whether two faults make sense at the same time: each has a place of its own, and a tier that both are in goes on serving,
 * with the HAProxy and keepalived of one node and the service of the same or another one.
 */
export function mayLastTogether(one: PlacedFault, other: PlacedFault): boolean {
  const both = [one, other];
  // It takes the tier node by node, and the lab has to be healthy in between.
  if (both.some(({ fault }) => fault.scope === 'tier')) return false;
  const { tier } = one.target;
  if (tier.name !== other.target.tier.name) return true;
  if (one.target.node.name === other.target.node.name || both.some(({ fault }) => fault.atPeers)) return false;
  const goesOn = (part: 'router' | 'app', node: Node) =>
    both.every(({ fault, target }) => target.node.name !== node.name || fault.leaves?.includes(part));
  return (['router', 'app'] as const).every((part) => tier.nodes.some((node) => goesOn(part, node)));
}

/** Without kill-all-apps, too: it leaves nobody to serve. */
function placesFor(cluster: Cluster, capabilities: LabCapabilities): PlacedFault[] {
  const faults = CATALOGUE.filter(
    (fault) =>
      fault !== killAllApps && !fault.onlyByName && fault.skippedBecause?.(capabilities, cluster) === undefined,
  );
  return faults.flatMap((fault) =>
    cluster.tiers.flatMap((tier) => {
      const nodes = fault.scope === 'tier' ? tier.nodes.slice(0, 1) : nodesFor(fault, tier);
      return nodes.map((node) => ({ fault, target: { cluster, tier, node } }));
    }),
  );
}
