import { networkInterfaces } from 'node:os';
import { type Cluster, tierOf, virtualUrl } from '../cluster/cluster.js';
import type { LanFile, TierName } from '../cluster/cluster-file.js';
import type { ComposeProject } from '../lab/compose/compose-project.js';
import type { Context } from './context.js';

function assertOnLan({ gateway, subnet }: LanFile): void {
  const addresses = Object.values(networkInterfaces()).flatMap((own = []) => own.map(({ address }) => address));
  if (!addresses.includes(gateway))
    throw new Error(`no interface of this host has ${gateway}, so none leads to ${subnet}`);
}

/**
 * Whether requests of this host to the LAN go through the lab's own bridge: that interface is here and has the LAN's
 * gateway address. Without it they would leave through the default route.
 */
export async function hostReachesLan({ lan }: Cluster, project: ComposeProject): Promise<boolean> {
  const bridge = await project.bridgeInterface();
  const addresses = bridge === undefined ? [] : (networkInterfaces()[bridge] ?? []);
  return addresses.some(({ address }) => address === lan.gateway);
}

/**
 * Where this host reaches a tier: at its virtual IP, or through the gateway's port on the loopback.
 * @throws Error when no interface of this host leads to the virtual machines' LAN
 */
export async function urlOfTier(context: Context, name: TierName): Promise<string> {
  const cluster = await context.cluster();
  const direct = cluster.hosting === 'machines' || (await hostReachesLan(cluster, await context.project(cluster)));
  if (cluster.hosting === 'machines') assertOnLan(cluster.lan);
  return direct ? virtualUrl(cluster, name) : `http://127.0.0.1:${tierOf(cluster, name).published.tier}/${name}`;
}
