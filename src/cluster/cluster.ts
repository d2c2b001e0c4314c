import { InvalidInputError } from '../common/errors.js';
import type {
  ClusterFile,
  LanFile,
  PortsFile,
  Profile,
  ProfileName,
  PublishedPortsFile,
  TierName,
} from './cluster-file.js';
import type { HostsFile } from './hosts-file.js';
import { type VrrpTimers, vrrpTimers } from './vrrp-timers.js';

/** A host of a tier: a service, an HAProxy and a keepalived. */
export interface Node {
  name: string;
  address: string;
  tier: TierName;
  /** VRRP priority; the node of a tier with the highest one holds the virtual IP while it is healthy. */
  priority: number;
  /** What this node's timers predict for its takeover. */
  timers: VrrpTimers;
  /** The other nodes of the tier, beginning with the next one in the file and going round. */
  peers: { name: string; address: string }[];
}

export interface VirtualRouter {
  /** 1 to 255, unique on the LAN. */
  virtualRouterId: number;
  virtualIp: string;
  /** The device the virtual IP appears on at its holder. */
  vipInterface: string;
  /** Whether that device is a macvlan of its own with the virtual MAC 00:00:5e:00:01:{VRID} (RFC 5798, section 7.3). */
  usesVirtualMac: boolean;
}

export interface Tier {
  name: TierName;
  /** Host name of the virtual IP on every node, such as `frontend-00`. */
  virtualHostName: string;
  virtualRouter: VirtualRouter;
  published: PublishedPortsFile;
  nodes: Node[];
}

/** What nodes are: containers of one host, or machines, virtual ones and others, with systemd. */
export type Hosting = 'containers' | 'machines';

export interface Cluster {
  name: string;
  hosting: Hosting;
  profileName: ProfileName;
  profile: Profile;
  lan: LanFile;
  ports: PortsFile;
  /** The frontend first. */
  tiers: Tier[];
  /** How hosts of the user's own are reached, where cluster.yaml says so. */
  hosts?: HostsFile;
}

/** Derives the cluster from a file that has passed all checks. */
export function clusterOf(file: ClusterFile, hosting: Hosting): Cluster {
  const profile = file.profiles[file.profile];
  const { version, advertisementIntervalMs, highestPriority } = profile.vrrp;
  const usesVirtualMac = file.lan.type === 'bridge';

  const tierOf = (name: TierName): Tier => {
    const { virtualRouterId, virtualIp, published, nodes } = file.tiers[name];
    return {
      name,
      virtualHostName: virtualHostName(name),
      virtualRouter: {
        virtualRouterId,
        virtualIp,
        vipInterface: usesVirtualMac ? `vrrp.${virtualRouterId}` : file.lan.interface,
        usesVirtualMac,
      },
      published,
      nodes: nodes.map((node, index) => {
        const priority = highestPriority - index;
        return {
          ...node,
          tier: name,
          priority,
          timers: vrrpTimers(version, advertisementIntervalMs, priority),
          peers: [...nodes.slice(index + 1), ...nodes.slice(0, index)],
        };
      }),
    };
  };

  return {
    name: file.name,
    hosting,
    profileName: file.profile,
    profile,
    lan: file.lan,
    ports: file.ports,
    tiers: [tierOf('frontend'), tierOf('backend')],
    ...(file.hosts && { hosts: file.hosts }),
  };
}

/** The cluster as a machine sees it whose interface on the LAN has another name; known on that machine alone. */
export function withLanInterface(cluster: Cluster, lanInterface: string): Cluster {
  const tiers = cluster.tiers.map((tier) => {
    const vipInterface = tier.virtualRouter.usesVirtualMac ? tier.virtualRouter.vipInterface : lanInterface;
    return { ...tier, virtualRouter: { ...tier.virtualRouter, vipInterface } };
  });
  return { ...cluster, lan: { ...cluster.lan, interface: lanInterface }, tiers };
}

export function virtualHostName(tier: TierName): string {
  return `${tier}-00`;
}

export function nodesOf(cluster: Cluster): Node[] {
  return cluster.tiers.flatMap((tier) => tier.nodes);
}

/** @throws InvalidInputError when the cluster has no such node */
export function nodeNamed(cluster: Cluster, name: string): Node {
  const node = nodesOf(cluster).find((candidate) => candidate.name === name);
  if (node) return node;
  const names = nodesOf(cluster).map((candidate) => candidate.name);
  throw new InvalidInputError(`node: ${name} is not in cluster.yaml; there are ${names.join(', ')}`);
}

export function tierOf(cluster: Cluster, name: TierName): Tier {
  const tier = cluster.tiers.find((candidate) => candidate.name === name);
  if (!tier) throw new Error(`no tier ${name}`);
  return tier;
}

/** Where a client on the LAN asks a tier: at its virtual IP. */
export function virtualUrl(cluster: Cluster, name: TierName, path = `/${name}`): string {
  return `http://${tierOf(cluster, name).virtualRouter.virtualIp}:${cluster.ports.tier}${path}`;
}

/** Whether nodes hand packets of foreign connections to their peers: it takes a device of its own for the virtual IP. */
export function secondChanceWanted(cluster: Cluster): boolean {
  return cluster.profile.plannedMoves.secondChance && cluster.lan.type === 'bridge';
}
