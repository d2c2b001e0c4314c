import type { Cluster, Node, Tier } from '../cluster/cluster.js';
import { vrrpTimers } from '../cluster/vrrp-timers.js';
import type { TriedRouter } from './tried-routers.js';
import type { World } from './world.js';

/**
 * The pair as drills of a virtual router know clusters: one tier of nodes, `frontend`, whose first one begins as master. The other virtual
 * routers follow, without nodes: their virtual IPs are seen, too.
 * @param master the node that begins as master of it
 * @param model of what a pair does not say in its own files, such as timers: nothing of a trial goes by them
 */
export function clusterOfWorld(
  world: World,
  router: TriedRouter,
  name: string,
  model: Cluster,
  master: string,
): Cluster {
  const { lan, virtualRouters } = world;
  const worldNodes = world.nodes.toSorted((one, other) => Number(other.name === master) - Number(one.name === master));
  const nodes = worldNodes.map(({ name: node, address, priority }, at): Node => {
    const others = [...worldNodes.slice(at + 1), ...worldNodes.slice(0, at)];
    return {
      ...{ name: node, address, priority, tier: 'frontend' },
      timers: vrrpTimers(3, 1000, priority),
      peers: others.map((other) => ({ name: other.name, address: other.address })),
    };
  });
  return {
    ...model,
    name,
    lan: { ...lan, type: 'bridge', interface: worldNodes[0]!.interfaces[0]! },
    ports: { ...model.ports, tier: router.asked.port },
    tiers: [
      tierOf(router, nodes),
      ...virtualRouters.filter((other) => other !== router).map((other) => tierOf(other, [])),
    ],
  };

  function tierOf({ id, label, virtualIp }: TriedRouter, own: Node[]): Tier {
    return {
      name: 'frontend',
      virtualHostName: label,
      virtualRouter: {
        virtualRouterId: id,
        virtualIp,
        vipInterface: worldNodes[0]!.interfaces[0]!,
        usesVirtualMac: false,
      },
      published: model.tiers[0]!.published,
      nodes: own,
    };
  }
}
