import { type Cluster, type Node, nodesOf, tierOf, type VirtualRouter } from '../cluster/cluster.js';
import type { LossOptions } from './fault-ports.js';

/* Commands of the keepalived image. */

/** See docker/keepalived/drop-packets, and PacketLoss. */
export function dropPacketsCommand(
  interfaces: string[],
  share: number,
  { from = [], packets = 'all' }: LossOptions,
): string[] {
  return ['/usr/lib/ha-demo/drop-packets', String(share), packets, interfaces.join(','), ...from];
}

/** Those of a node at which packets of the LAN arrive. */
export function interfacesOnLan(cluster: Cluster, name: string): string[] {
  return [...new Set([cluster.lan.interface, virtualRouterOf(cluster, name).vipInterface])];
}

/** See docker/keepalived/flush-rules. */
export const FLUSH_RULES = ['/usr/lib/ha-demo/flush-rules'];

/** Deletes the virtual IP under the holder; fails on another node, which does not have it there. */
export function takeVirtualIpCommand(cluster: Cluster, name: string): string[] {
  const { virtualIp, vipInterface } = virtualRouterOf(cluster, name);
  return ['ip', 'address', 'delete', `${virtualIp}/32`, 'dev', vipInterface];
}

/** See docker/keepalived/count-adverts, and AdvertCounter. */
export function countAdvertsCommand(windowMs: number): string[] {
  return ['/usr/lib/ha-demo/count-adverts', (windowMs / 1000).toFixed(3)];
}

function virtualRouterOf(cluster: Cluster, name: string): VirtualRouter {
  const node: Node = nodesOf(cluster).find((candidate) => candidate.name === name)!;
  return tierOf(cluster, node.tier).virtualRouter;
}
