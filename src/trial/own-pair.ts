import { check } from '../check/check.js';
import type { CheckedCluster } from '../check/checked-cluster.js';
import { clusterOf, type NodeFiles } from '../check/cluster-of.js';
import type { Finding } from '../check/finding.js';
import type { Cluster } from '../cluster/cluster.js';
import type { UnmanagedCluster } from '../cluster/unmanaged-hosts.js';
import { InvalidInputError } from '../common/errors.js';
import { Ipv4Network } from '../common/ipv4.js';
import type { DrillLoad } from '../drill/drill-report.js';
import type { Wish } from './asked.js';
import { type Trial, trialsOf } from './trials.js';
import { virtualIpsOf, type World, type WorldNode, worldOf } from './world.js';

/** What a host of a cluster of somebody else's has told: see src/lab/hosts/unmanaged/own-files.ts. */
export interface HostTold {
  /** Path on the host -> text. */
  files: ReadonlyMap<string, string>;
  /** Of its interfaces, with prefixes. */
  addresses: { name: string; address: string }[];
  /** The LAN's, where somebody has said it. */
  lanInterface: string | undefined;
  /** Over which ssh reaches it. */
  controlInterface: string;
}

/** The files that run on the hosts, to be checked like any other: `lb1/etc/haproxy/haproxy.cfg` is that of lb1. */
export function checkedFiles(
  { haproxy, keepalived }: UnmanagedCluster,
  told: ReadonlyMap<string, HostTold>,
): CheckedCluster {
  const nodes = [...told].map(([name, { files }]): NodeFiles => {
    const all = new Map([...files].map(([path, text]) => [`${name}${path}`, text]));
    const find = (program: string, { configuration }: { configuration: string }) => {
      if (files.has(configuration)) return `${name}${configuration}`;
      throw new InvalidInputError(
        `${name}: ${configuration} is not there; hosts.${program}.configuration in cluster.yaml can say where it is`,
      );
    };
    return { name, folder: name, all, keepalived: find('keepalived', keepalived), haproxy: find('haproxy', haproxy) };
  });
  return clusterOf(nodes, new Map(nodes.flatMap(({ all }) => [...all])));
}

/** What is drilled of a cluster of somebody else's. */
export interface OwnPair {
  world: World;
  trials: Trial[];
  /** Of `check`. */
  findings: Finding[];
  /** Node -> its interface on the LAN. */
  interfaces: Map<string, string>;
  /** Whether ssh reaches all of them on another way than over the LAN. */
  unplugsNodes: boolean;
  /** What of the cluster is not drilled, and why. */
  left: string[];
}

/**
 * @param order `wish`: what clients are to ask, what the files offer without it; `model`: of what they do not say; `names` of faults, all
 * without any
 * @throws InvalidInputError for what cannot be drilled
 */
export function ownPairOf(
  unmanaged: UnmanagedCluster,
  told: ReadonlyMap<string, HostTold>,
  { wish, ...order }: { wish: Wish | undefined; model: Cluster; load: DrillLoad; runs: number; names: string[] },
): OwnPair {
  const checked = checkedFiles(unmanaged, told);
  const { findings, whatIf } = check(checked);
  const tried = worldOf(checked, wish, { runsElsewhere: true });
  const virtualIps = new Set(checked.nodes.flatMap(virtualIpsOf));
  const homes = new Map(tried.nodes.map((node) => [node.name, homeOf(node, virtualIps, told.get(node.name)!)]));
  const nodes = tried.nodes.map((node) => {
    const { lanInterface, address } = homes.get(node.name)!;
    return { ...node, address, interfaces: [lanInterface] };
  });
  const [first] = [...homes.values()];
  const world = { ...tried, nodes, lan: { ...tried.lan, subnet: first!.subnet } };
  return {
    ...{ world, findings },
    trials: trialsOf(world, whatIf, { ...order, name: unmanaged.name }),
    // What is said of containers beside it is not so of hosts.
    left: tried.differences.filter((text) => /: runs, and is not drilled: |: not in the virtual router/.test(text)),
    interfaces: new Map([...homes].map(([name, { lanInterface }]) => [name, lanInterface])),
    unplugsNodes: [...homes].every(([name, { lanInterface }]) => told.get(name)!.controlInterface !== lanInterface),
  };
}

/** Where a node is on the LAN. @param tried as its files have it: interface and, where peers are named, address */
function homeOf(node: WorldNode, virtualIps: ReadonlySet<string>, { addresses, lanInterface }: HostTold) {
  const wanted = lanInterface ?? node.interfaces[0]!;
  const plain = ({ address }: { address: string }) => address.split('/')[0]!;
  const own = addresses.filter((one) => one.name === wanted && !virtualIps.has(plain(one)));
  const found = own.find((one) => plain(one) === node.address) ?? own[0];
  const subnet = found && Ipv4Network.around(found.address)?.cidr;
  if (!found || subnet === undefined)
    throw new InvalidInputError(
      `${node.name}: ${wanted} has no address of its own in a network; hosts.nodes in cluster.yaml can say which interface is the LAN's`,
    );
  return { lanInterface: wanted, address: plain(found), subnet };
}
