import { parse } from 'yaml';

/** A long-running container's label: what it was made of. The topology's template sets it. */
export const DEFINITION_LABEL = 'ha-demo.definition';

/** What is asked of compose/topology.yaml. */
export interface Topology {
  services: Record<string, { image: string; labels: Record<string, string> }>;
}

/** Of any size: the parser takes many aliases for an attack, and each node has some. */
export function parseTopology(text: string): Topology {
  return parse(text, { merge: true, maxAliasCount: -1 }) as Topology;
}
