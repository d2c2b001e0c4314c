import type { Cluster } from '../cluster/cluster.js';
import { timeOf } from '../common/time.js';
import type { Restored } from '../node/node-report.js';
import type { NodeObservation } from './lab.js';
import { strangerNotes } from './strangers.js';

type Noted = Pick<
  NodeObservation,
  'node' | 'secondChanceRestored' | 'advertFilter' | 'advertFilterRestored' | 'foreignAdverts' | 'addressClaims'
>;

/** What is no problem, since the cluster serves, and yet somebody should know: what is in its way, and what it has mended. */
export function labNotes(cluster: Cluster, observations: Noted[]): string[] {
  return [
    ...cluster.tiers.flatMap((tier) =>
      strangerNotes(
        tier,
        observations.filter(({ node }) => tier.nodes.some(({ name }) => name === node)),
      ),
    ),
    ...observations.flatMap(({ node, advertFilter }) =>
      advertFilter === 'unavailable'
        ? [`${node}: the filter of adverts is unavailable, it believes strangers: ./ha-demo logs ${node} keepalived`]
        : [],
    ),
    ...observations.flatMap(({ node, secondChanceRestored, advertFilterRestored }) => [
      ...restoredNotes(node, 'second chance', secondChanceRestored),
      ...restoredNotes(node, 'the advert filter', advertFilterRestored),
    ]),
  ];
}

function restoredNotes(node: string, what: string, restored: Restored | undefined): string[] {
  if (!restored) return [];
  return [`${node}: ${what} was restored at ${timeOf(restored.atMs)}: missing was ${restored.missing}`];
}
