import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';
import { type Cluster, tierOf, virtualUrl } from '../cluster/cluster.js';
import type { TierName } from '../cluster/cluster-file.js';
import type { ComposeProject } from '../lab/compose/compose-project.js';
import type { Context } from './context.js';

/** Whether this host is a client on the LAN: without an interface there, requests would leave through the default route. */
export async function reachesLan(context: Context, cluster: Cluster): Promise<boolean> {
  if (cluster.hosting === 'containers') return isOnOwnBridge(cluster, await context.project(cluster));
  // How they are reached is known to who has them.
  if (context.settings.labKind === 'hosts') return true;
  return Object.values(networkInterfaces()).some((own) => hasGateway(cluster, own));
}

/** The lab's own bridge is here and has the LAN's gateway address. */
async function isOnOwnBridge(cluster: Cluster, project: ComposeProject): Promise<boolean> {
  const bridge = await project.bridgeInterface();
  return bridge !== undefined && hasGateway(cluster, networkInterfaces()[bridge]);
}

function hasGateway({ lan }: Cluster, own: NetworkInterfaceInfo[] = []): boolean {
  return own.some(({ address }) => address === lan.gateway);
}

/**
 * Where this host reaches a tier: at its virtual IP, or through the gateway's port on the loopback.
 * @throws Error when no interface of this host leads to the virtual machines' LAN
 */
export async function urlOfTier(context: Context, name: TierName): Promise<string> {
  const cluster = await context.cluster();
  if (await reachesLan(context, cluster)) return virtualUrl(cluster, name);
  const { gateway, subnet } = cluster.lan;
  if (cluster.hosting === 'machines')
    throw new Error(`no interface of this host has ${gateway}, so none leads to ${subnet}`);
  return `http://127.0.0.1:${tierOf(cluster, name).published.tier}/${name}`;
}
