import type { Tier } from '../cluster/cluster.js';
import type { NodeObservation } from './lab.js';

/** Of somebody who is no node of the tier and wants its virtual IP. A node refuses it where its kernel can. */
export interface ForeignAdvert {
  /** The last one's, epoch, ms, by the node's clock. */
  atMs: number;
  source: string;
  virtualRouterId: number;
  priority: number;
}

/** Somebody says by ARP that he has the tier's virtual IP. The holder contradicts. */
export interface AddressClaim {
  /** The last one's, epoch, ms, by the node's clock. */
  atMs: number;
  /** Such as `02:42:c0:a8:63:82`. */
  mac: string;
  /** How often the node has heard it since keepalived's start. */
  count: number;
}

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
