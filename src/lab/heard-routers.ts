import type { Cluster } from '../cluster/cluster.js';

/** A virtual router whose adverts have been heard on a LAN. */
export interface HeardRouter {
  virtualRouterId: number;
  source: string;
  priority: number;
}

/** @param output of docker/keepalived/hear-adverts */
export function parseHeardRouters(output: string): HeardRouter[] {
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [virtualRouterId, source = '', priority] = line.split(' ');
      return { virtualRouterId: Number(virtualRouterId), source, priority: Number(priority) };
    });
}

/** Those that are not of this cluster. */
export function foreignRouters(cluster: Cluster, heard: HeardRouter[]): HeardRouter[] {
  const isOwn = ({ virtualRouterId, source }: HeardRouter) =>
    cluster.tiers.some(
      ({ virtualRouter, nodes }) =>
        virtualRouter.virtualRouterId === virtualRouterId && nodes.some(({ address }) => address === source),
    );
  return heard.filter((router) => !isOwn(router));
}

/** @returns which field of cluster.yaml has a router id that somebody else has on the LAN; undefined when none has */
export function routerIdClash(cluster: Cluster, heard: HeardRouter[]): string | undefined {
  for (const { virtualRouterId, source, priority } of foreignRouters(cluster, heard)) {
    const tier = cluster.tiers.find(({ virtualRouter }) => virtualRouter.virtualRouterId === virtualRouterId);
    if (tier)
      return `cluster.yaml: tiers.${tier.name}.virtualRouterId: ${virtualRouterId} is in use on the LAN by ${source} (priority ${priority}); choose another one`;
  }
  return undefined;
}

/** In words, such as `51 by 192.168.1.7, 52 by 192.168.1.8`. */
export function routerList(routers: HeardRouter[]): string {
  return routers.map(({ virtualRouterId, source }) => `${virtualRouterId} by ${source}`).join(', ');
}
