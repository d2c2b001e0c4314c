import type { Cluster } from '../cluster/cluster.js';
import { problemTexts } from '../lab/lab-problems.js';
import type { Lab, NodeObservation } from '../lab/lab.js';
import type { OpenLab } from './open-lab.js';
import type { ClusterShown, NodesSeen, Publish } from './session-event.js';

/* What is published of a lab as it is: of what it consists, and how its nodes are. */

export function clusterShown(cluster: Cluster, { traits }: Pick<Lab, 'traits'>): ClusterShown {
  return {
    ...{ event: 'cluster', name: cluster.name, lab: traits.kind, profile: cluster.profileName },
    tiers: cluster.tiers.map(({ name, virtualRouter, nodes }) => ({
      ...{ name, virtualIp: virtualRouter.virtualIp },
      nodes: nodes.map((node) => ({ name: node.name, address: node.address })),
    })),
  };
}

export function nodesSeen(
  { cluster, lab, problemsOf }: Pick<OpenLab, 'cluster' | 'lab' | 'problemsOf'>,
  seen: NodeObservation[],
): NodesSeen {
  return {
    event: 'nodes',
    nodes: seen.map(({ node, power, link, services, vrrpState, vipsHeld, servers }) => {
      const states = servers.map(({ name, status }) => ({ name, status }));
      return { node, power, link, services, vrrpState, vipsHeld, servers: states };
    }),
    problems: problemsOf?.(seen) ?? problemTexts(cluster, lab.traits, seen),
  };
}

/** The lab, each look at which is published as well; a look belongs to the moment when it began. */
export function observedAloud(open: Pick<OpenLab, 'cluster' | 'lab' | 'problemsOf'>, publish: Publish): Lab {
  const { lab } = open;
  const observe: Lab['observe'] = async (options) => {
    const beganMs = lab.clock.nowMs();
    const seen = await lab.observe(options);
    publish(nodesSeen(open, seen), beganMs);
    return seen;
  };
  return Object.assign(Object.create(lab) as Lab, { observe });
}
