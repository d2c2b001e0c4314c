import type { Cluster, Node } from '../cluster/cluster.js';
import { vrrpTimers } from '../cluster/vrrp-timers.js';
import type { World } from './world.js';

/**
 * The pair as drills know clusters: one tier, `frontend`, whose first node begins as master.
 * @param master the node that does so
 * @param model of what a pair does not say in its own files, such as timers: nothing of a trial goes by them
 */
export function clusterOfWorld(world: World, name: string, model: Cluster, master: string): Cluster {
  const { lan, virtualRouter, port } = world;
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
    ports: { ...model.ports, tier: port },
    tiers: [
      {
        name: 'frontend',
        virtualHostName: virtualRouter.label,
        virtualRouter: {
          virtualRouterId: virtualRouter.id,
          virtualIp: virtualRouter.virtualIp,
          vipInterface: worldNodes[0]!.interfaces[0]!,
          usesVirtualMac: false,
        },
        published: model.tiers[0]!.published,
        nodes,
      },
    ],
  };
}
