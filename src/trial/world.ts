import { type CheckedCluster, type CheckedNode, type Member, virtualRoutersOf } from '../check/checked-cluster.js';
import { isInterfaceName, programFilesOf } from '../check/programs/program-files.js';
import { InvalidInputError } from '../common/errors.js';
import type { HaproxyProxy } from '../configuration/haproxy/model.js';
import { syncGroupWith, type VrrpInstance } from '../configuration/keepalived/model.js';
import { plainAddress } from '../configuration/ip-address.js';
import { Addresses, lanAround } from './addresses.js';
import { type StandIn, standInsOf } from './stand-ins.js';

/** What Compose takes for a name. */
const NAME = /^[A-Za-z0-9][\w.-]*$/;

export interface WorldLan {
  subnet: string;
  gateway: string;
  /** Of what the engine gives addresses to. */
  dynamicRange: string;
  /** Of the container that answers for servers. */
  serversAddress: string;
}

/** A pair of the user's as it runs in the lab: one LAN, a pod per node, and stand-ins for the servers behind them. */
export interface World {
  lan: WorldLan;
  /** Of the virtual router that is drilled, the highest priority first. */
  nodes: WorldNode[];
  virtualRouter: { id: number; label: string; virtualIp: string };
  /** What clients ask, at the virtual IP. */
  port: number;
  /** Servers that are no node. */
  standIns: StandIn[];
  /** Names in the configurations -> address. */
  hosts: Record<string, string>;
  /** What is not as it is on the user's hosts, a line each. */
  differences: string[];
}

export interface WorldNode {
  name: string;
  address: string;
  priority: number;
  /** That of the virtual router first. */
  interfaces: string[];
  users: string[];
  /** Path in the container -> text. */
  files: ReadonlyMap<string, string>;
  /** Path in the container -> the user's name of the file. */
  names: ReadonlyMap<string, string>;
  /** Servers on ports of the node itself. */
  standIns: StandIn[];
  bindsNonlocal: boolean;
}

/**
 * What it takes to run the configurations of a pair.
 * @throws InvalidInputError in a line, with file and line, for what cannot be run here
 */
export function worldOf(cluster: CheckedCluster): World {
  const router = virtualRoutersOf(cluster).toSorted((one, other) => other.members.length - one.members.length)[0];
  if (!router) throw new InvalidInputError(`${firstFileOf(cluster)}: no vrrp_instance with a virtual_router_id in it`);
  const [first] = router.members;
  const virtualIp = first!.instance.virtualIps[0];
  if (!virtualIp) throw refusal(first!.instance.position, `${first!.instance.name} has no virtual_ipaddress`);
  if (first!.instance.family === 6)
    throw refusal(virtualIp.position, `${virtualIp.value} is IPv6, which try does not run`);
  for (const { node, instance } of router.members) {
    assertOnOneInterface(node, instance);
    if (!node.haproxy) throw refusal(instance.position, `${node.name} has no haproxy.cfg`);
    else if (!NAME.test(node.name))
      throw new InvalidInputError(`${node.name}: the name of a node is letters, digits, -, _ and .; rename its folder`);
  }

  const proxies = router.members.flatMap(({ node }) => node.haproxy!.model.proxies);
  const port = portAsked(proxies, first!, virtualIp.value);
  const lan = lanAround(fixedAddresses(cluster), virtualIp.value);
  const addresses = new Addresses(lan, fixedAddresses(cluster));
  const nodeAddresses = addressesOfNodes(router.members, addresses);
  const virtualIps = new Set(cluster.nodes.flatMap(virtualIpsOf));
  const differences: string[] = [];
  const { hosts, remote, local } = standInsOf(router.members, nodeAddresses, virtualIps, addresses, differences);
  const nodes = router.members
    .toSorted((one, other) => other.instance.priority.value - one.instance.priority.value)
    .map(({ node, instance }): WorldNode => {
      const { texts, names, interfaces, users } = programFilesOf(node, cluster);
      const own = instance.interface?.value ?? 'eth0';
      if (!isInterfaceName(own)) throw refusal(instance.interface!.position, `${own} is no name of an interface`);
      return {
        name: node.name,
        address: nodeAddresses.get(node.name)!,
        priority: instance.priority.value,
        interfaces: [own, ...interfaces.filter((name) => name !== own)],
        users,
        files: texts,
        names,
        standIns: local.get(node.name) ?? [],
        bindsNonlocal: node.bindsNonlocal,
      };
    });
  return {
    lan: {
      ...{ subnet: lan, dynamicRange: addresses.dynamicRange },
      ...{ gateway: addresses.free(), serversAddress: addresses.free() },
    },
    nodes,
    virtualRouter: {
      id: first!.instance.virtualRouterId!.value,
      label: router.label,
      virtualIp: virtualIp.value,
    },
    port,
    standIns: remote,
    hosts,
    differences: [...differencesOf(nodes, router.members, cluster), ...differences],
  };
}

/** Other interfaces lead nowhere: keepalived has an instance there in FAULT, and its sync group with it. */
function assertOnOneInterface({ name, keepalived }: CheckedNode, instance: VrrpInstance): void {
  const { group, others } = syncGroupWith(instance, keepalived!.model);
  const elsewhere = others.find((other) => other.interface?.value !== instance.interface?.value);
  if (group && elsewhere)
    throw refusal(
      group.position,
      `on ${name} ${group.name} holds ${instance.name} and ${elsewhere.name} together, which are on different interfaces; try has one`,
    );
}

/** The first port without TLS at which a proxy for HTTP answers at the virtual IP, and leads to servers. */
function portAsked(proxies: HaproxyProxy[], { node }: Member, virtualIp: string): number {
  const fronts = proxies.filter(({ kind, binds }) => kind !== 'backend' && binds.length > 0);
  const asked = fronts
    .filter(({ mode, backends, servers }) => mode === 'http' && backends.length + servers.length > 0)
    .flatMap(({ binds }) => binds)
    .find(
      ({ host, port, parameters }) =>
        port !== undefined && ['', virtualIp].includes(host) && !parameters.includes('ssl'),
    );
  if (asked) return asked.port!;
  const place = fronts[0]?.position ?? { file: node.haproxy!.file, line: 1 };
  throw refusal(
    place,
    'no frontend with `mode http` on a port without ssl that leads to servers, which is what try can ask',
  );
}

function addressesOfNodes(members: Member[], addresses: Addresses): Map<string, string> {
  const known = new Map(
    members.flatMap(({ node, instance }) =>
      instance.unicastSource ? [[node.name, plainAddress(instance.unicastSource.value)] as const] : [],
    ),
  );
  for (const { node } of members) {
    if (known.has(node.name)) continue;
    const named = members
      .filter((member) => member.node !== node)
      .flatMap(({ instance }) => instance.unicastPeers ?? [])
      .map(({ value }) => plainAddress(value))
      .find((address) => ![...known.values()].includes(address));
    known.set(node.name, named ?? addresses.free());
  }
  for (const { node, instance } of members) {
    const address = known.get(node.name)!;
    if (!addresses.isOnLan(address))
      throw refusal(
        (instance.unicastSource ?? instance.unicastPeers?.[0] ?? instance).position,
        `${node.name} has ${address}, which is not on the LAN of the virtual IP, ${addresses.lan}`,
      );
  }
  return known;
}

function virtualIpsOf({ keepalived }: CheckedNode): string[] {
  return (keepalived?.model.instances ?? []).flatMap(({ virtualIps, excludedVirtualIps }) =>
    [...virtualIps, ...excludedVirtualIps].map(({ value }) => plainAddress(value)),
  );
}

/** Every address that a configuration names. */
function fixedAddresses({ nodes }: CheckedCluster): string[] {
  return nodes.flatMap((node) => [
    ...virtualIpsOf(node),
    ...(node.keepalived?.model.instances ?? []).flatMap(({ unicastSource, unicastPeers }) =>
      [...(unicastSource ? [unicastSource] : []), ...(unicastPeers ?? [])].map(({ value }) => plainAddress(value)),
    ),
    ...(node.haproxy?.model.proxies ?? []).flatMap(({ binds, servers }) => [
      ...binds.map(({ host }) => host),
      ...servers.map(({ address }) => address.split(':')[0]!),
    ]),
  ]);
}

function differencesOf(nodes: WorldNode[], members: Member[], { nodes: all }: CheckedCluster): string[] {
  const left = all.filter((node) => !members.some((member) => member.node === node));
  return [
    ...left.map(({ name }) => `${name}: not in the virtual router, and not run`),
    ...nodes.map(({ name, address, interfaces: [own, ...others] }) =>
      [
        `${name}: ${address} on ${own}, the container's only interface`,
        ...(others.length > 0 ? [`; ${others.join(', ')} lead nowhere`] : []),
      ].join(''),
    ),
    ...members.flatMap(({ node }) => missingScripts(node, nodes.find(({ name }) => name === node.name)!.files)),
  ];
}

/** Scripts that are neither beside the configuration nor among the tools that the image has. */
function missingScripts({ name, keepalived }: CheckedNode, files: ReadonlyMap<string, string>): string[] {
  const TOOLS = /^(?:\/usr)?(?:\/s?bin\/)?(?:killall|pidof|pgrep|curl|wget|nc|ss|systemctl|bash|sh|test|true|\[)$/;
  return (keepalived?.model.checks ?? []).flatMap(({ kind, target }) => {
    const [program = ''] = target.split(/\s/);
    if (kind !== 'script' || program === '' || TOOLS.test(program)) return [];
    if (files.has(program)) return [];
    return [`${name}: ${program} is not beside keepalived.conf: the check fails, or is left out`];
  });
}

function firstFileOf({ nodes }: CheckedCluster): string {
  return nodes[0]?.keepalived?.file ?? nodes[0]?.haproxy?.file ?? nodes[0]?.name ?? '';
}

function refusal({ file, line }: { file: string; line: number }, why: string): InvalidInputError {
  return new InvalidInputError(`${file}:${line}: ${why}`);
}
