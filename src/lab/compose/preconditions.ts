import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Cluster } from '../../cluster/cluster.js';
import { InvalidInputError } from '../../common/errors.js';
import { Ipv4Network } from '../../common/ipv4.js';
import type { ComposeProject } from './compose-project.js';

/** @throws InvalidInputError when the LAN cannot be, or when it or a published port is taken by something else */
export async function assertHostIsFree(cluster: Cluster, project: ComposeProject): Promise<void> {
  const problem = (await lanClash(cluster, project)) ?? (await portClash(cluster, project));
  if (problem !== undefined) throw new InvalidInputError(problem);
}

/**
 * What on this host is in the way of the LAN: an interface, or a route, that overlaps it and is not the lab's own; for a
 * `macvlan` LAN, that there is no such parent.
 */
export async function lanClash({ lan }: Cluster, project: ComposeProject): Promise<string | undefined> {
  if (lan.type === 'macvlan') return missingParent(lan.parent!);
  const own = await project.bridgeInterface();
  const subnet = Ipv4Network.parse(lan.subnet)!;
  const clash = [...interfaceNetworks(), ...(await routes())].find(
    // What leads to everything is in nobody's way.
    ({ device, network }) => device !== own && network.prefixLength > 0 && overlap(subnet, network),
  );
  if (!clash) return undefined;
  return `cluster.yaml: lan.subnet: ${lan.subnet} overlaps ${clash.network.cidr} of this host's interface ${clash.device}; choose another subnet, and addresses in it`;
}

export function overlap(one: Ipv4Network, other: Ipv4Network): boolean {
  return one.containsNetwork(other) || other.containsNetwork(one);
}

/** @returns what is wrong; undefined when each published port is free or the lab's own */
export async function portClash(cluster: Cluster, project: ComposeProject): Promise<string | undefined> {
  const own = new Set((await project.containers()).flatMap(({ Ports }) => Ports.map(({ PublicPort }) => PublicPort)));
  for (const { name, published } of cluster.tiers) {
    for (const [use, port] of Object.entries(published) as [string, number][]) {
      if (!own.has(port) && (await isOpen(port))) {
        return `cluster.yaml: tiers.${name}.published.${use}: ${port} is in use by something else on 127.0.0.1; choose another port`;
      }
    }
  }
  return undefined;
}

/** Interfaces without an address count, too. Where this host is not Linux, the engine runs on another one: not checked. */
async function missingParent(parent: string): Promise<string | undefined> {
  const interfaces = await readdir('/sys/class/net').catch(() => undefined);
  // The engine itself makes a VLAN's interface, such as eth0.10.
  if (!interfaces || interfaces.includes(parent.split('.')[0]!)) return undefined;
  return `cluster.yaml: lan.parent: ${parent} is not an interface of this host; there are ${interfaces.join(', ')}`;
}

type DeviceNetwork = { device: string; network: Ipv4Network };

function interfaceNetworks(): DeviceNetwork[] {
  return Object.entries(networkInterfaces()).flatMap(([device, addresses = []]) =>
    addresses.flatMap(({ family, cidr, internal }) => {
      const network = family === 'IPv4' && !internal && cidr ? Ipv4Network.around(cidr) : undefined;
      return network ? [{ device, network }] : [];
    }),
  );
}

/** /proc/net/route (proc_net_route(5)): addresses and masks as little-endian hexadecimal; elsewhere than on Linux none. */
async function routes(): Promise<DeviceNetwork[]> {
  const table = await readFile('/proc/net/route', 'utf8').catch(() => '');
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [device, destination, , , , , , mask] = line.split(/\s+/);
      if (!device || !destination || !mask) return [];
      const network = Ipv4Network.around(`${dotted(destination)}/${prefixLength(mask)}`);
      return network ? [{ device, network }] : [];
    });
}

function dotted(littleEndianHex: string): string {
  return Buffer.from(littleEndianHex, 'hex').reverse().join('.');
}

function prefixLength(littleEndianHex: string): number {
  return [...Number.parseInt(littleEndianHex, 16).toString(2)].filter((bit) => bit === '1').length;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
