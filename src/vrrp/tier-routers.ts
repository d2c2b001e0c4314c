import type { Profile } from '../cluster/cluster-file.js';
import type { Tier } from '../cluster/cluster.js';
import type { Router } from './router.js';

/** The routers of a tier, as its nodes' keepalived.conf is rendered; ids are the names of the nodes. */
export function routersOfTier({ name, nodes }: Tier, { vrrp }: Profile): Router[] {
  return nodes.map((node, at) => ({
    id: node.name,
    node: node.name,
    virtualRouter: name,
    version: vrrp.version,
    priority: node.priority,
    advertisementIntervalMs: vrrp.advertisementIntervalMs,
    downTimerAdverts: 3,
    preempts: vrrp.preempt,
    preemptDelayMs: 0,
    answersLowerPriority: true,
    rank: -at,
    syncGroup: undefined,
    hears: () => true,
  }));
}
