import { isIPv4 } from 'node:net';
import type { Member } from '../check/checked-cluster.js';
import type { HaproxyProxy } from '../configuration/haproxy/model.js';
import type { HaproxyServer } from '../configuration/haproxy/servers.js';
import type { Addresses } from './addresses.js';

/** What answers in the place of a server. */
export interface StandIn {
  address: string;
  port: number;
  mode: 'http' | 'tcp';
  /** As HAProxy has it: proxy/server. */
  name: string;
}

interface StandIns {
  /** Names of hosts -> address. */
  hosts: Record<string, string>;
  remote: StandIn[];
  /** Node -> its own. */
  local: Map<string, StandIn[]>;
}

/** One for each server's address and port that the configurations of the nodes name. */
export function standInsOf(
  members: Member[],
  nodeAddresses: ReadonlyMap<string, string>,
  addresses: Addresses,
  differences: string[],
): StandIns {
  const found: StandIns = { hosts: {}, remote: [], local: new Map() };
  const names = new Map([...nodeAddresses].map(([name, address]) => [address, name]));
  const said = new Set<string>();
  const add = (list: StandIn[], one: StandIn) => {
    if (!list.some(({ address, port }) => address === one.address && port === one.port)) list.push(one);
  };
  for (const { node } of members) {
    const own = nodeAddresses.get(node.name)!;
    for (const proxy of node.haproxy!.model.proxies) {
      for (const server of proxy.servers) {
        const place = placeOf(server, proxy);
        const name = `${proxy.name}/${server.name}`;
        if (!place) {
          said.add(`server ${name} (${server.address}): not a host with a port: nothing answers for it`);
          continue;
        }
        const { host, port } = place;
        const address = isIPv4(host) ? host : (found.hosts[host] ??= nodeAddresses.get(host) ?? addresses.free());
        const isLocal = address.startsWith('127.') || address === own;
        const owner = isLocal ? node.name : names.get(address);
        const one: StandIn = { address, port, mode: proxy.mode === 'tcp' ? 'tcp' : 'http', name };
        if (owner === undefined) add(found.remote, one);
        else {
          if (!found.local.has(owner)) found.local.set(owner, []);
          add(found.local.get(owner)!, one);
        }
        said.add(`server ${name} (${server.address}): a stand-in${owner === undefined ? '' : ` on ${owner}`}`);
      }
    }
  }
  differences.push(...said);
  return found;
}

/** Where a server is asked; undefined for sockets, and for what has no port. */
function placeOf({ address }: HaproxyServer, { binds }: HaproxyProxy): { host: string; port: number } | undefined {
  const [, host, written] = /^(?:ipv4@|tcp@)?([A-Za-z0-9_.-]+?)(?::(\d+))?$/.exec(address) ?? [];
  // Without one of its own a server is asked at the port that the client asked.
  const port = written === undefined ? binds[0]?.port : Number(written);
  return host === undefined || port === undefined ? undefined : { host, port };
}
