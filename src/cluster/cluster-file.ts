import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsObject,
  IsOptional,
  Matches,
  ValidateNested,
} from 'class-validator';
import {
  Address,
  Flag,
  InterfaceName,
  Milliseconds,
  NAME,
  NAME_MESSAGE,
  Nested,
  NetworkText,
  OneOf,
  Port,
  WholeNumber,
} from './fields.js';
import { HostsFile } from './hosts-file.js';

/*
 * The shape of cluster.yaml. What one field alone can tell is checked here; what takes several fields
 * (addresses inside the LAN, names used once, timers that fit each other) is checked in cluster-rules.ts.
 */

export const TIER_NAMES = ['frontend', 'backend'] as const;
export type TierName = (typeof TIER_NAMES)[number];

export const PROFILE_NAMES = ['tuned', 'classic', 'emulated'] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

/** HAProxy's keywords for `retry-on` (Configuration Manual 3.0, section 4.2) that make sense for idempotent requests. */
const RETRY_ON = [
  'conn-failure',
  'empty-response',
  'junk-response',
  'response-timeout',
  '500',
  '501',
  '502',
  '503',
  '504',
] as const;

/** YAML reads a bare 500 as a number. */
const RETRY_ON_MESSAGE = `must be a list of ${RETRY_ON.map((word) => (/^\d/.test(word) ? `'${word}'` : word)).join(', ')}`;

export class LanFile {
  @OneOf(['bridge', 'macvlan']) type!: 'bridge' | 'macvlan';
  /** For macvlan only: the host's interface on that LAN. */
  @IsOptional() @InterfaceName() parent?: string;
  @NetworkText() subnet!: string;
  @Address() gateway!: string;
  /** Inside `subnet`: for helpers such as probes; no node and no virtual IP lies in it. */
  @NetworkText() dynamicRange!: string;
  /** The LAN's interface inside a node. */
  @InterfaceName() interface!: string;
}

/** Ports on a node: of the NestJS service, of HAProxy for the tier, of HAProxy's statistics page and /metrics. */
export class PortsFile {
  @Port() service!: number;
  @Port() tier!: number;
  @Port() statistics!: number;
}

/** Ports of 127.0.0.1 on the host that lead to the tier, and to its statistics. */
export class PublishedPortsFile {
  @Port() tier!: number;
  @Port() statistics!: number;
}

export class NodeFile {
  @Matches(NAME, { message: NAME_MESSAGE }) name!: string;
  @Address() address!: string;
}

export class TierFile {
  @WholeNumber(1, 255) virtualRouterId!: number;
  @Address() virtualIp!: string;
  @Nested(() => PublishedPortsFile) published!: PublishedPortsFile;
  @IsArray()
  @ArrayMinSize(2, { message: 'must have 2 to 8 nodes' })
  @ArrayMaxSize(8, { message: 'must have 2 to 8 nodes' })
  @IsObject({ each: true, message: 'must be mappings, each with name and address' })
  @ValidateNested({ each: true })
  @Type(() => NodeFile)
  nodes!: NodeFile[];
}

export class TiersFile {
  @Nested(() => TierFile) frontend!: TierFile;
  @Nested(() => TierFile) backend!: TierFile;
}

export class VrrpProfile {
  @OneOf([2, 3]) version!: 2 | 3;
  /** 10 ms is the floor of VRRPv3 (RFC 5798, 5.2.7: centiseconds); VRRPv2 counts whole seconds. */
  @Milliseconds(10, 40_950) advertisementIntervalMs!: number;
  /** Of a tier's first node; each next one has one less. 255 is the address owner's (RFC 5798, 5.2.4). */
  @WholeNumber(8, 254) highestPriority!: number;
  /** A healthy node with a higher priority takes the virtual IP back. */
  @Flag() preempt!: boolean;
  /** A node that has just started does so only once its own service is up; without a master, sooner. */
  @Flag() preemptOnceServing!: boolean;
  /** keepalived's scheduling priority: -20 comes first. */
  @WholeNumber(-20, 0) niceness!: number;
  @OneOf(['multicast', 'unicast']) peers!: 'multicast' | 'unicast';
}

export class DetectionProfile {
  /** Keep an idle connection to HAProxy, which the kernel closes when it dies; without it keepalived's check script asks. */
  @Flag() haproxyWatcher!: boolean;
  /** How often HAProxy is asked for an HTTP answer, and how long that may take. */
  @Milliseconds(50, 60_000) requestIntervalMs!: number;
  @Milliseconds(50, 60_000) requestTimeoutMs!: number;
  /** Questions in a row without an answer that make HAProxy silent. */
  @WholeNumber(1, 10) requestFall!: number;
}

export class PlannedMovesProfile {
  /** HAProxy and keepalived give the virtual IP away before they stop. */
  @Flag() moveVipBeforeStop!: boolean;
  /** Packets of a connection that lives on a peer are handed to that peer. */
  @Flag() secondChance!: boolean;
  /** A peer that is silent for so long is dead: no second chance then. */
  @Milliseconds(100, 10_000) peerTimeoutMs!: number;
}

/** How long HAProxy waits for an answer of a server of each tier, in ms. */
export class TierTimeouts {
  @Milliseconds(10, 600_000) frontend!: number;
  @Milliseconds(10, 600_000) backend!: number;
}

export class HaproxyProfile {
  @Milliseconds(10, 60_000) connectTimeoutMs!: number;
  @Nested(() => TierTimeouts) serverTimeoutMs!: TierTimeouts;
  @WholeNumber(0, 10) retries!: number;
  /** Each retry goes to another server. */
  @Flag() redispatch!: boolean;
  /** Failures after which a request that may be repeated is (HAProxy Configuration Manual, `retry-on`). */
  @IsArray({ message: RETRY_ON_MESSAGE })
  @IsIn(RETRY_ON, { each: true, message: RETRY_ON_MESSAGE })
  retryOn!: (typeof RETRY_ON)[number][];
  /** Most requests at a time to one server; more wait in HAProxy. 0: no limit. */
  @WholeNumber(0, 4_000) serverMaxConnections!: number;
  /** How long a request waits for room at a server before it is refused with 503. */
  @Milliseconds(10, 60_000) queueTimeoutMs!: number;
  @Milliseconds(20, 60_000) checkIntervalMs!: number;
  @Milliseconds(20, 60_000) checkFastIntervalMs!: number;
  @Milliseconds(20, 60_000) checkDownIntervalMs!: number;
  @Milliseconds(20, 60_000) checkTimeoutMs!: number;
  /** Good checks in a row that make a server up. */
  @WholeNumber(1, 10) rise!: number;
  /** Bad ones that make it down. */
  @WholeNumber(1, 10) fall!: number;
  /** When all servers look down, ask them all the same. */
  @Flag() lastResort!: boolean;
  /** A connection error on live traffic switches to checkFastIntervalMs. */
  @Flag() fastCheckOnError!: boolean;
  /** A master that falls silent without a goodbye is down for HAProxy until its checks are good. */
  @Flag() markSilentMaster!: boolean;
  /** After how long a server that comes back gets its full share of requests. 0: at once. */
  @Milliseconds(0, 60_000) slowStartMs!: number;
  /** Longest time that a stopping HAProxy waits for its connections. */
  @Milliseconds(1_000, 60_000) drainMs!: number;
}

export class ServiceProfile {
  /** How often a frontend asks the backend tier at most; 1: no retry. */
  @WholeNumber(1, 10) backendAttempts!: number;
  /** How long it waits for each answer. */
  @Milliseconds(10, 60_000) backendAttemptTimeoutMs!: number;
  /** How long a service tries itself before it listens. 0: not at all. */
  @Milliseconds(0, 60_000) warmUpMs!: number;
  /** How long it serves on after SIGTERM, its readiness check failing. */
  @Milliseconds(0, 60_000) drainMs!: number;
  /** How much longer at most while requests still arrive; then what is in flight may take as long. */
  @Milliseconds(100, 60_000) closeTimeoutMs!: number;
}

export class Profile {
  @Nested(() => VrrpProfile) vrrp!: VrrpProfile;
  @Nested(() => DetectionProfile) detection!: DetectionProfile;
  @Nested(() => PlannedMovesProfile) plannedMoves!: PlannedMovesProfile;
  @Nested(() => HaproxyProfile) haproxy!: HaproxyProfile;
  @Nested(() => ServiceProfile) service!: ServiceProfile;
}

/** One with `like` has the values of that one but for those that it names itself; see load-cluster.ts. */
export class ProfilesFile {
  @Nested(() => Profile) tuned!: Profile;
  @Nested(() => Profile) classic!: Profile;
  @Nested(() => Profile) emulated!: Profile;
}

export class VmsFile {
  /** Of each virtual machine, in MiB. */
  @WholeNumber(256, 1_048_576) memoryMb!: number;
  @WholeNumber(1, 64) cpus!: number;
}

export class ClusterFile {
  @Matches(NAME, { message: NAME_MESSAGE }) name!: string;
  @OneOf(PROFILE_NAMES) profile!: ProfileName;
  @Nested(() => LanFile) lan!: LanFile;
  @Nested(() => PortsFile) ports!: PortsFile;
  @Nested(() => TiersFile) tiers!: TiersFile;
  @Nested(() => VmsFile) vms!: VmsFile;
  /** For hosts of the user's own only. */
  @IsOptional() @Nested(() => HostsFile) hosts?: HostsFile;
  @Nested(() => ProfilesFile) profiles!: ProfilesFile;
}
