import type { Tier } from '../cluster/cluster.js';
import type { NodeObservation } from './lab.js';

/** Who on the LAN is in the way of a tier, one line for each, however many nodes hear him. The cluster serves all the same. */
export function strangerNotes(
  { name, virtualRouter }: Pick<Tier, 'name' | 'virtualRouter'>,
  nodes: Pick<NodeObservation, 'foreignAdverts' | 'addressClaims'>[],
): string[] {
  const adverts = nodes.flatMap(({ foreignAdverts }) => foreignAdverts);
  const claims = nodes.flatMap(({ addressClaims }) => addressClaims);
  return [
    ...lastOfEach(adverts, ({ source }) => source).map(
      ({ source, virtualRouterId, priority }) =>
        `${name}: adverts for router ${virtualRouterId} from ${source}, priority ${priority}`,
    ),
    ...lastOfEach(claims, ({ mac }) => mac).map(
      ({ mac, count }) =>
        `${name}: ${virtualRouter.virtualIp} is also claimed by ${mac} (ARP, ${count} times): some clients may reach it instead`,
    ),
  ];
}

function lastOfEach<Heard extends { atMs: number }>(heard: Heard[], whose: (one: Heard) => string): Heard[] {
  const inOrder = heard.toSorted((one, other) => one.atMs - other.atMs);
  return [...new Map(inOrder.map((one) => [whose(one), one])).values()];
}
