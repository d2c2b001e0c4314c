import { isIPv4 } from 'node:net';
import type { CheckedNode, Member } from '../check/checked-cluster.js';
import type { Addresses } from './addresses.js';
import { type HealthCheck, healthCheckOf } from './health-checks.js';
import { type ServerPort, wayTo } from './server-ways.js';

/** What answers in the place of a server. */
export interface StandIn extends ServerPort {
  address: string;
  mode: 'http' | 'tcp';
  /** As HAProxy has them: proxy/server. */
  names: string[];
  /** The one that it answers. */
  healthCheck: HealthCheck;
  /** A backup, or disabled. */
  isSpare: boolean;
}

interface StandIns {
  /** Names of hosts -> address. */
  hosts: Record<string, string>;
  remote: StandIn[];
  /** Node -> its own. */
  local: Map<string, StandIn[]>;
}

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
    const { model, tree } = node.haproxy!;
    const verifiesNobody = tree.sections.some(({ lines }) =>
      lines.some(({ words: [first, second] }) => first?.text === 'ssl-server-verify' && second?.text === 'none'),
    );
    for (const proxy of model.proxies) {
      for (const server of proxy.servers) {
        const say = (text: string) => said.add(`server ${proxy.name}/${server.name} (${server.address}): ${text}`);
        const way = wayTo(server, proxy, verifiesNobody);
        if (!way) {
          say('not a host with a port: nothing answers for it');
          continue;
        }
        const { ports } = way;
        const host = way.host === 'localhost' ? '127.0.0.1' : way.host;
        const address = isIPv4(host) ? host : (found.hosts[host] ??= nodeAddresses.get(host) ?? addresses.free());
        const owner = address.startsWith('127.') ? node : nodeOf(address);
        if (virtualIps.has(address)) {
          say('the virtual IP itself');
          continue;
        }
        if (owner && ports.some(({ port }) => listensItself(owner, address, port))) {
          say(`the HAProxy of ${owner.name} itself`);
          continue;
        }
        const healthCheck = healthCheckOf(proxy);
        for (const port of ports)
          add(found, owner?.name, {
            ...{ address, ...port, healthCheck, names: [`${proxy.name}/${server.name}`] },
            mode: proxy.mode === 'tcp' ? 'tcp' : 'http',
            isSpare: server.isBackup || server.isDisabled,
          });
        const where = owner ? ` on ${owner.name}` : '';
        const wanted = healthCheck.unanswered ?? way.unspoken;
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

function add({ remote, local }: StandIns, owner: string | undefined, one: StandIn): void {
  if (owner !== undefined && !local.has(owner)) local.set(owner, []);
  const list = owner === undefined ? remote : local.get(owner)!;
  const same = list.find(({ address, port }) => address === one.address && port === one.port);
  if (!same) return void list.push(one);
  same.names = [...new Set([...same.names, ...one.names])];
  same.healthCheck = { ...one.healthCheck, ...same.healthCheck };
}

/** A stand-in would take the connections that are for the node's own proxy. */
function listensItself({ haproxy }: CheckedNode, address: string, port: number): boolean {
  const binds = haproxy?.model.proxies.flatMap((proxy) => proxy.binds) ?? [];
  return binds.some((bind) => bind.port === port && ['', address].includes(bind.host));
}
