import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsIP,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';

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

/** A host name label (RFC 1123), short enough to prefix container names with. */
const NAME = /^[a-z][a-z0-9-]{0,30}[a-z0-9]$/;
const NAME_MESSAGE = 'must be 2 to 32 lower-case letters, digits and dashes, with a letter first';

const WholeNumber = (least: number, most: number) => (target: object, key: string) => {
  const message = `must be a whole number from ${least} to ${most}`;
  IsInt({ message })(target, key);
  Min(least, { message })(target, key);
  Max(most, { message })(target, key);
};

const Port = () => WholeNumber(1, 65_535);
const Milliseconds = WholeNumber;
const Flag = () => IsBoolean({ message: 'must be true or false' });
const OneOf = (values: readonly unknown[]) => IsIn(values, { message: `must be ${values.join(' or ')}` });
const Address = () => IsIP(4, { message: 'must be an IPv4 address; IPv6 is not supported' });
const NetworkText = () => IsString({ message: 'must be a network such as 192.168.99.0/24' });
const InterfaceName = () => Matches(/^[a-zA-Z0-9._-]{1,15}$/, { message: "must be an interface's name" });

/** A mapping of its own; `ValidateNested` alone lets a missing one and a list pass. */
const Nested = (type: () => new () => object) => (target: object, key: string) => {
  IsObject({ message: 'must be a mapping' })(target, key);
  ValidateNested({ message: 'must be a mapping' })(target, key);
  Type(type)(target, key);
};

export class LanFile {
  @OneOf(['bridge', 'macvlan']) type!: 'bridge' | 'macvlan';
  @IsOptional() @InterfaceName() parent?: string;
  @NetworkText() subnet!: string;
  @Address() gateway!: string;
  @NetworkText() dynamicRange!: string;
  @InterfaceName() interface!: string;
}

export class PortsFile {
  @Port() service!: number;
  @Port() tier!: number;
  @Port() statistics!: number;
}

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
  /** 255 is reserved for the owner of the address (RFC 5798, 5.2.4). */
  @WholeNumber(8, 254) highestPriority!: number;
  @Flag() preempt!: boolean;
  @Flag() preemptOnceServing!: boolean;
  @WholeNumber(-20, 0) niceness!: number;
  @OneOf(['multicast', 'unicast']) peers!: 'multicast' | 'unicast';
}

export class DetectionProfile {
  @Flag() haproxyWatcher!: boolean;
  @Milliseconds(50, 60_000) requestIntervalMs!: number;
  @Milliseconds(50, 60_000) requestTimeoutMs!: number;
  @WholeNumber(1, 10) requestFall!: number;
}

export class PlannedMovesProfile {
  @Flag() moveVipBeforeStop!: boolean;
  @Flag() secondChance!: boolean;
  @Milliseconds(100, 10_000) peerTimeoutMs!: number;
}

export class TierTimeouts {
  @Milliseconds(10, 600_000) frontend!: number;
  @Milliseconds(10, 600_000) backend!: number;
}

export class HaproxyProfile {
  @Milliseconds(10, 60_000) connectTimeoutMs!: number;
  @Nested(() => TierTimeouts) serverTimeoutMs!: TierTimeouts;
  @WholeNumber(0, 10) retries!: number;
  @Flag() redispatch!: boolean;
  @IsArray({ message: RETRY_ON_MESSAGE })
  @IsIn(RETRY_ON, { each: true, message: RETRY_ON_MESSAGE })
  retryOn!: (typeof RETRY_ON)[number][];
  /** 0: no limit. */
  @WholeNumber(0, 4_000) serverMaxConnections!: number;
  @Milliseconds(10, 60_000) queueTimeoutMs!: number;
  @Milliseconds(20, 60_000) checkIntervalMs!: number;
  @Milliseconds(20, 60_000) checkFastIntervalMs!: number;
  @Milliseconds(20, 60_000) checkDownIntervalMs!: number;
  @Milliseconds(20, 60_000) checkTimeoutMs!: number;
  @WholeNumber(1, 10) rise!: number;
  @WholeNumber(1, 10) fall!: number;
  @Flag() lastResort!: boolean;
  @Flag() fastCheckOnError!: boolean;
  @Flag() markSilentMaster!: boolean;
  @Milliseconds(0, 60_000) slowStartMs!: number;
  @Milliseconds(1_000, 60_000) drainMs!: number;
}

export class ServiceProfile {
  @WholeNumber(1, 10) backendAttempts!: number;
  @Milliseconds(10, 60_000) backendAttemptTimeoutMs!: number;
  @Milliseconds(0, 60_000) warmUpMs!: number;
  @Milliseconds(0, 60_000) drainMs!: number;
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
  @Nested(() => ProfilesFile) profiles!: ProfilesFile;
}
