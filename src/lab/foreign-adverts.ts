import type { Tier } from '../cluster/cluster.js';
import type { LabProblem } from './lab-problems.js';
import type { NodeObservation } from './lab.js';

/** Of somebody who is no node of the tier and wants its virtual IP. A node refuses it where its kernel can. */
export interface ForeignAdvert {
  /** The last one's, epoch, ms, by the node's clock. */
  atMs: number;
  source: string;
  virtualRouterId: number;
  priority: number;
}

/** One for each stranger, however many nodes hear it. */
export function strangerProblems(
  { name }: Pick<Tier, 'name'>,
  nodes: Pick<NodeObservation, 'foreignAdverts'>[],
): LabProblem[] {
  const lastOfSource = new Map(
    nodes
      .flatMap(({ foreignAdverts }) => foreignAdverts)
      .toSorted((one, other) => one.atMs - other.atMs)
      .map((advert) => [advert.source, advert]),
  );
  return [...lastOfSource.values()].map(({ source, virtualRouterId, priority }) => ({
    tier: name,
    text: `${name}: adverts for router ${virtualRouterId} from ${source}, priority ${priority}`,
  }));
}
