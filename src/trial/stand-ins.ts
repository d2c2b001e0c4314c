import { isIPv4 } from 'node:net';
import type { CheckedNode, Member } from '../check/checked-cluster.js';
import type { HaproxyProxy } from '../configuration/haproxy/model.js';
import type { HaproxyServer } from '../configuration/haproxy/servers.js';
import type { Addresses } from './addresses.js';
import { type HealthCheck, healthCheckOf } from './health-checks.js';

/** What answers in the place of a server. */
export interface StandIn {
  address: string;
  port: number;
  mode: 'http' | 'tcp';
  /** As HAProxy has it: proxy/server. */
  name: string;
  /** The one that it answers. */
  healthCheck: HealthCheck;
  /** Whether connections begin with the PROXY protocol, and with TLS. */
  behindProxy: boolean;
  withTls: boolean;
}

interface StandIns {
  /** Names of hosts -> address. */
  hosts: Record<string, string>;
  remote: StandIn[];
  /** Node -> its own. */
  local: Map<string, StandIn[]>;
}

/** What a server may be asked with that stand-ins do not understand. */
const NOT_SPOKEN = /^(?:check-ssl|check-send-proxy|proto)$/;

/**
 * One for each server's address and port that the configurations of the nodes name.
 * @param differences what is to be said of the servers is added to it
 */
export function standInsOf(
  members: Member[],
  nodeAddresses: ReadonlyMap<string, string>,
  virtualIps: ReadonlySet<string>,
  addresses: Addresses,
  differences: string[],
): StandIns {
  const found: StandIns = { hosts: {}, remote: [], local: new Map() };
  const nodeOf = (address: string) => members.find(({ node }) => nodeAddresses.get(node.name) === address)?.node;
  const said = new Set<string>();
  for (const { node } of members) {
    for (const proxy of node.haproxy!.model.proxies) {
      for (const server of proxy.servers) {
        const say = (text: string) => said.add(`server ${proxy.name}/${server.name} (${server.address}): ${text}`);
        const place = placeOf(server, proxy);
        if (!place) {
          say('not a host with a port: nothing answers for it');
          continue;
        }
        const { host, ports } = place;
        const address = isIPv4(host) ? host : (found.hosts[host] ??= nodeAddresses.get(host) ?? addresses.free());
        const owner = address.startsWith('127.') ? node : nodeOf(address);
        if (virtualIps.has(address)) {
          say('the virtual IP itself');
          continue;
        }
        if (owner && ports.some((port) => listensItself(owner, address, port))) {
          say(`the HAProxy of ${owner.name} itself`);
          continue;
        }
        const healthCheck = healthCheckOf(proxy);
        const words = new Set(server.parameters);
        for (const port of ports)
          add(found, owner?.name, {
            ...{ address, port, healthCheck, name: `${proxy.name}/${server.name}` },
            mode: proxy.mode === 'tcp' ? 'tcp' : 'http',
            behindProxy: server.parameters.some((word) => word.startsWith('send-proxy')),
            withTls: words.has('ssl'),
          });
        const where = owner ? ` on ${owner.name}` : '';
        const wanted = healthCheck.unanswered ?? unspokenBy(server);
        say(
          wanted === undefined
            ? `a stand-in${where}`
            : `a stand-in${where} that does not understand ${wanted}: it is down`,
        );
      }
    }
  }
  differences.push(...said);
  return found;
}

/** Its certificate is its own. */
function unspokenBy({ parameters }: HaproxyServer): string | undefined {
  const isVerified = parameters.includes('ssl') && parameters[parameters.indexOf('verify') + 1] !== 'none';
  return parameters.find((word) => NOT_SPOKEN.test(word)) ?? (isVerified ? 'ssl without `verify none`' : undefined);
}

function add({ remote, local }: StandIns, owner: string | undefined, one: StandIn): void {
  if (owner !== undefined && !local.has(owner)) local.set(owner, []);
  const list = owner === undefined ? remote : local.get(owner)!;
  if (!list.some(({ address, port }) => address === one.address && port === one.port)) list.push(one);
}

/** A stand-in would take the connections that are for the node's own proxy. */
function listensItself({ haproxy }: CheckedNode, address: string, port: number): boolean {
  const binds = haproxy?.model.proxies.flatMap((proxy) => proxy.binds) ?? [];
  return binds.some((bind) => bind.port === port && ['', address].includes(bind.host));
}

/** Where a server is asked, and its health check; undefined for sockets, and for what has no port. */
function placeOf(
  { address, parameters }: HaproxyServer,
  { binds }: HaproxyProxy,
): { host: string; ports: number[] } | undefined {
  const [, host, written] = /^(?:ipv4@|tcp@)?([A-Za-z0-9_.-]+?)(?::(\d+))?$/.exec(address) ?? [];
  // Without one of its own a server is asked at the port that the client asked.
  const port = written === undefined ? binds[0]?.port : Number(written);
  const checked = Number(parameters[parameters.indexOf('port') + 1]);
  const ports = [port, parameters.includes('port') && checked > 0 ? checked : undefined];
  const known = [...new Set(ports.filter((one) => one !== undefined))];
  return host === undefined || known.length === 0 ? undefined : { host, ports: known };
}
