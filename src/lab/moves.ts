import type { Tier } from '../cluster/cluster.js';
import type { NodeObservation } from './lab.js';

const SHOWN = 3;

/** The old master may hear of the new one a little later, and the clocks of machines differ. */
const SAME_MOMENT_MS = 1_000;

export interface Move {
  /** Epoch, ms, by the clock of the node that took over. */
  atMs: number;
  /** Null when it is not known, or nobody had it. */
  from: string | null;
  to: string;
  /** `start`; `preemption`; `stop`; detectors such as `haproxy-gone`; `keepalived`, by a check of its own; `peer silent`; `unknown`. */
  reason: string;
}

export interface TierMoves {
  tier: string;
  /** How often a node has become MASTER, the first election included. */
  count: number;
  /** The last three, the latest last. */
  last: Move[];
  /** Nodes that do not tell, so that more may have happened. */
  untold: string[];
}

/** Each node knows of itself alone: who had the virtual IP before is who became MASTER last before. */
export function movesOfTier({ name, nodes }: Tier, observations: Pick<NodeObservation, 'node' | 'moves'>[]): TierMoves {
  const told = nodes.flatMap((node) => {
    const moves = observations.find((one) => one.node === node.name)?.moves;
    return moves ? [{ node: node.name, ...moves }] : [];
  });
  const untold = nodes.map((node) => node.name).filter((node) => !told.some((one) => one.node === node));
  const count = told.reduce((sum, { becameMaster }) => sum + becameMaster, 0);
  const gains = told
    .flatMap(({ node, gainedAtMs }) => gainedAtMs.map((atMs) => ({ node, atMs })))
    .toSorted((one, other) => one.atMs - other.atMs);
  const isWhole = untold.length === 0 && gains.length === count;
  const moves = gains.map(({ node: to, atMs }, index): Move => {
    const before = gains[index - 1];
    if (!before) return { atMs, from: null, to, reason: isWhole ? 'start' : 'unknown' };
    const lost = told.find(({ node }) => node === before.node)!.lost.find((one) => one.atMs >= before.atMs);
    if (lost && lost.atMs <= atMs + SAME_MOMENT_MS) return { atMs, from: before.node, to, reason: lost.reason };
    return { atMs, from: before.node, to, reason: before.node === to ? 'unknown' : 'peer silent' };
  });
  return { tier: name, count, last: moves.slice(-SHOWN), untold };
}
