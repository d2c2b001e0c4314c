import { type Cluster, nodesOf, tierOf } from '../cluster/cluster.js';

/** The command of docker/keepalived/drop-packets for a node; see PacketLoss. */
export function dropPacketsCommand(cluster: Cluster, name: string, share: number, from: string[]): string[] {
  const node = nodesOf(cluster).find((candidate) => candidate.name === name)!;
  const { vipInterface } = tierOf(cluster, node.tier).virtualRouter;
  const interfaces = [...new Set([cluster.lan.interface, vipInterface])].join(',');
  return ['/usr/lib/ha-demo/drop-packets', String(share), interfaces, ...from];
}
