import type { Cluster } from '../cluster/cluster.js';
import type { NodeObservation } from '../lab/lab.js';

/**
 * @param mastersOf virtual IP -> who is to have it; null: one node, whichever it is
 * @returns what keeps a pair from its steady state: all is on, and those hold the virtual IPs that are to
 */
export function pairProblems(
  mastersOf: ReadonlyMap<string, string[] | null>,
): (observations: NodeObservation[]) => string[] {
  return (observations) => [
    ...observations.flatMap((seen) => {
      const { node, power, link, services } = seen;
      if (isSilent(seen)) return [`${node}: does not answer`];
      return [
        ...(power === 'on' ? [] : [`${node}: is ${power}`]),
        ...(power === 'on' && link === 'down' ? [`${node}: has no carrier`] : []),
        ...Object.entries(services).flatMap(([service, state]) =>
          state === 'up' || state === 'none' ? [] : [`${node}: ${service} is ${state}`],
        ),
      ];
    }),
    ...[...mastersOf].flatMap(([virtualIp, masters]) => {
      const holders = holdersAt(virtualIp, observations);
      if (masters === null)
        return holders.length === 1
          ? []
          : [`${virtualIp} is at ${holders.join(' and ') || 'no node'}, not at one node`];
      return holders.toSorted().join() === masters.toSorted().join()
        ? []
        : [`${virtualIp} is at ${holders.join(' and ') || 'no node'}, not at ${masters.join(' and ')}`];
    }),
  ];
}

/** Whether nothing is known of a node that is on. */
export function isSilent({ power, link, services }: NodeObservation): boolean {
  return (
    power === 'on' && link === 'unknown' && !Object.values(services).some((state) => state === 'up' || state === 'hung')
  );
}

export function holdersOf({ tiers }: Cluster, observations: NodeObservation[]): string[] {
  return holdersAt(tiers[0]!.virtualRouter.virtualIp, observations);
}

function holdersAt(virtualIp: string, observations: NodeObservation[]): string[] {
  return observations.filter(({ vipsHeld }) => vipsHeld.includes(virtualIp)).map(({ node }) => node);
}
