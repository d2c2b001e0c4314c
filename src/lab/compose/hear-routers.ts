import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';
import type { Cluster } from '../../cluster/cluster.js';
import { InvalidInputError } from '../../common/errors.js';
import { Ipv4Network } from '../../common/ipv4.js';
import { foreignRouters, type HeardRouter, parseHeardRouters, routerIdClash, routerList } from '../heard-routers.js';
import type { Step } from '../step.js';
import { PROJECT_LABEL } from './node-containers.js';
import { docker } from './docker-command.js';

/** Longer than three adverts with VRRP's usual interval of a second. */
const LISTEN_SECONDS = 4;

/**
 * @returns the name of this host's interface on the cluster's LAN; undefined where nobody else can be heard: a bridge is the
 * lab's own, and so is the machines' network before this host has an interface there; hosts may be on another LAN than this one
 */
export function interfaceOnLan({ lan, hosting }: Cluster): string | undefined {
  if (hosting === 'containers') return lan.type === 'macvlan' ? lan.parent : undefined;
  const network = Ipv4Network.parse(lan.subnet)!;
  const isOnLan = ({ family, address }: NetworkInterfaceInfo) => family === 'IPv4' && network.contains(address);
  const [name] = Object.entries(networkInterfaces()).find(([, own = []]) => own.some(isOnLan)) ?? [];
  return name;
}

/**
 * Listens for 4 s on an interface of this host, in a container of the keepalived image.
 * @returns the virtual routers whose adverts were heard
 * @throws Error when docker fails
 */
export async function hearRouters(cluster: Cluster, lanInterface: string): Promise<HeardRouter[]> {
  const output = await docker([
    ...['run', '--rm', '--label', `${PROJECT_LABEL}=${cluster.name}`, '--network', 'host', '--read-only'],
    ...['--cap-drop', 'ALL', '--cap-add', 'NET_RAW', '--security-opt', 'no-new-privileges'],
    ...['--entrypoint', '/usr/lib/ha-demo/hear-adverts', 'ha-demo/keepalived', lanInterface, String(LISTEN_SECONDS)],
  ]);
  return parseHeardRouters(output);
}

/**
 * Listens, where this host can hear who else is on the LAN; a step tells of routers that are in nobody's way.
 * @throws InvalidInputError when one of them has the router id of a tier
 */
export async function assertNoOtherRouters(cluster: Cluster, step: Step): Promise<void> {
  const lanInterface = interfaceOnLan(cluster);
  if (lanInterface === undefined) return;
  const heard = await step(`Listen for other routers on ${lanInterface}`, () => hearRouters(cluster, lanInterface));
  const clash = routerIdClash(cluster, heard);
  if (clash !== undefined) throw new InvalidInputError(clash);
  const others = foreignRouters(cluster, heard);
  if (others.length > 0) await step(`Other router ids in use: ${routerList(others)}`, async () => {});
}
