import type { CheckedCluster, CheckedNode, Member } from '../check/checked-cluster.js';
import { isInterfaceName, programFilesOf } from '../check/programs/program-files.js';
import { plainAddress } from '../configuration/ip-address.js';
import { Addresses, lanAround } from './addresses.js';
import { type StandIn, standInsOf } from './stand-ins.js';
import type { Wish } from './asked.js';
import { missingCertificates } from './certificates.js';
import { firstRouterOf, otherRoutersOf, refusal, type TriedRouter } from './tried-routers.js';

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
  /** Of the first virtual router, the highest priority first. */
  nodes: WorldNode[];
  /** Those that are drilled: all their nodes are here. */
  virtualRouters: TriedRouter[];
  /** Servers that are no node. */
  standIns: StandIn[];
  /** Those that the clients of the first virtual router are led to. */
  servers: TriedServer[];
  /** Names in the configurations -> address. */
  hosts: Record<string, string>;
  /** What is not as it is on the user's hosts, a line each. */
  differences: string[];
}

/** A server whose stand-in can be broken. */
export interface TriedServer extends Pick<StandIn, 'address' | 'port'> {
  /** proxy/server */
  name: string;
  /** On whose own ports it is; undefined for one that is no node. */
  node: string | undefined;
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
  /** Those that HAProxy reads and that are not among the files. */
  missingCertificates: string[];
  /** Servers on ports of the node itself. */
  standIns: StandIn[];
  bindsNonlocal: boolean;
}

/**
 * What it takes to run the configurations of a pair.
 * @param wish what clients are to ask; what its files offer without it
 * @param options `runsElsewhere`: it runs already, on hosts whose LAN and interfaces are what they are
 * @throws InvalidInputError in a line, with file and line, for what cannot be run here
 */
export function worldOf(cluster: CheckedCluster, wish?: Wish, { runsElsewhere = false } = {}): World {
  const { router, tried } = firstRouterOf(cluster, wish, runsElsewhere);
  const { virtualIp } = tried;
  const lan = lanAround(fixedAddresses(cluster), virtualIp);
  const addresses = new Addresses(lan, fixedAddresses(cluster));
  const nodeAddresses = addressesOfNodes(router.members, addresses, runsElsewhere);
  const virtualIps = new Set(cluster.nodes.flatMap(virtualIpsOf));
  const differences: string[] = [];
  const others = otherRoutersOf(cluster, router, wish, addresses, differences, runsElsewhere);
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
        missingCertificates: missingCertificates(node, texts),
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
    virtualRouters: [tried, ...others],
    standIns: remote,
    servers: serversOf(tried.asked.proxies, [[undefined, remote], ...local]),
    hosts,
    differences: [...differencesOf(nodes, router.members, cluster), ...differences],
  };
}

/** Spare ones last; those of the default backend, which is the last one of the proxies, first. */
function serversOf(proxies: string[], standIns: (readonly [string | undefined, StandIn[]])[]): TriedServer[] {
  const placeOf = (name: string) => proxies.indexOf(name.split('/')[0]!);
  const found = standIns.flatMap(([node, own]) =>
    own.flatMap(({ names, address, port, isSpare }) => {
      const [name] = names.filter((one) => placeOf(one) >= 0).toSorted((one, other) => placeOf(other) - placeOf(one));
      return name === undefined ? [] : [{ node, name, address, port, isSpare }];
    }),
  );
  return found
    .toSorted((one, other) => Number(one.isSpare) - Number(other.isSpare) || placeOf(other.name) - placeOf(one.name))
    .map(({ isSpare: _, ...server }) => server);
}

function addressesOfNodes(members: Member[], addresses: Addresses, runsElsewhere: boolean): Map<string, string> {
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
    if (!runsElsewhere && !addresses.isOnLan(address))
      throw refusal(
        (instance.unicastSource ?? instance.unicastPeers?.[0] ?? instance).position,
        `${node.name} has ${address}, which is not on the LAN of the virtual IP, ${addresses.lan}`,
      );
  }
  return known;
}

/** All that its keepalived would set, by whatever instance. */
export function virtualIpsOf({ keepalived }: CheckedNode): string[] {
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
    ...nodes.flatMap(({ name, missingCertificates: missing }) =>
      missing.map(
        (path) => `${name}: ${path} is not beside haproxy.cfg: a certificate of its own, which nobody has signed`,
      ),
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
