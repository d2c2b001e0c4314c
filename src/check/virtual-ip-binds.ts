import type { ListenAddress } from '../configuration/haproxy/addresses.js';
import type { VrrpInstance } from '../configuration/keepalived/model.js';
import type { CheckedNode } from './checked-cluster.js';

/** Addresses of the node's HAProxy that it has only while the instance is master, and cannot bind before. */
export function virtualIpBinds({ haproxy, bindsNonlocal }: CheckedNode, instance: VrrpInstance): ListenAddress[] {
  if (bindsNonlocal) return [];
  const virtualIps = [...instance.virtualIps, ...instance.excludedVirtualIps].map(({ value }) => value);
  return (haproxy?.model.proxies ?? [])
    .flatMap(({ binds }) => binds)
    .filter(({ host, parameters }) => virtualIps.includes(host) && !parameters.includes('transparent'));
}

export function listensOnVirtualIp(node: CheckedNode, instance: VrrpInstance): boolean {
  return virtualIpBinds(node, instance).length > 0;
}
