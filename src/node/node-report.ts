import { plainToInstance, Type } from 'class-transformer';
import {
  Equals,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  Min,
  ValidateNested,
  validateSync,
  type ValidationError,
} from 'class-validator';
import { DETECTORS } from './contract.js';

/*
 * What docker/keepalived/observe prints: a node's report of itself, a line of JSON. test/integration/observe.spec.ts holds
 * the script to it. Times are epochs by the node's clock.
 */

/** Changes when an older reader would misunderstand a report. */
export const NODE_REPORT_VERSION = 1;

/** VRRP's states (RFC 5798, section 6.4), keepalived's FAULT, and what is before and after them. */
export const VRRP_STATES = ['MASTER', 'BACKUP', 'FAULT', 'STARTING', 'STOP', 'unknown'] as const;
/** Second chance: packets of a foreign connection go to the peers. `unavailable` where the kernel lacks the rules. */
export const SECOND_CHANCE_STATES = ['active', 'suspended', 'unavailable', 'off', 'unknown'] as const;
/** Whether a node hears the adverts of its peers alone. `unavailable` where the kernel cannot refuse the others. */
export const ADVERT_FILTER_STATES = ['active', 'unavailable', 'unknown'] as const;

/** A track file that keeps the node in FAULT. */
export class FiringDetector {
  @IsIn(Object.keys(DETECTORS)) name!: keyof typeof DETECTORS;
  /** When it began to fire: seconds since 1970, with a fraction, by the node's clock. */
  @IsNumber() sinceSeconds!: number;
}

/** The node stopped being MASTER. */
export class LostVip {
  /** ms since 1970, by the node's clock. */
  @IsInt() atMs!: number;
  /** `preemption`, `stop`, `keepalived`, or detectors with commas. */
  @IsString() reason!: string;
}

/** Rules that somebody else had taken away, and the node has put back. */
export class Restored {
  /** ms since 1970, by the node's clock. */
  @IsInt() atMs!: number;
  /** Such as `the rules, the jump to them`. */
  @IsString() missing!: string;
}

/** An advert that is none of a peer's. */
export class ForeignAdvert {
  /** ms since 1970, by the node's clock. */
  @IsInt() atMs!: number;
  @IsString() source!: string;
  @IsInt() virtualRouterId!: number;
  @IsInt() priority!: number;
}

/** Somebody else said by ARP that the virtual IP is his. */
export class AddressClaim {
  /** ms since 1970, by the node's clock. */
  @IsInt() atMs!: number;
  @IsString() mac!: string;
  /** How often. */
  @IsInt() count!: number;
}

/** Of an interface, the loopback left out. */
export class InterfaceAddress {
  @IsString() interface!: string;
  @IsString() address!: string;
}

/** One of the tier's servers, as the node's HAProxy sees it. */
export class HaproxyServer {
  @IsString() name!: string;
  /** `UP`, `DOWN`, `MAINT`, `NOLB`, `UP 1/2`, ... (HAProxy Management Guide, section 9.1, field 17) */
  @IsString() status!: string;
  /** Result of the last health check, such as `L7OK`; `INI` before the first one (field 36). */
  @IsString() check!: string;
}

/** A rendered file, and when it was written. */
export class RenderedFile {
  @IsString() file!: string;
  /** When it was written: seconds since 1970, with a fraction, by the node's clock. */
  @IsNumber() atSeconds!: number;
}

/** A file that HAProxy or keepalived has not taken. */
export class RefusedFile {
  @IsString() file!: string;
  @IsString() reason!: string;
}

/** The files of the node, which are looked at when `--configuration` asks for it. */
export class ReportedConfiguration {
  /** The lines of the node's manifest, see `manifestOf`. */
  @IsString({ each: true }) manifest!: string[];
  /** HAProxy does not run on the haproxy.cfg that is rendered. */
  @IsBoolean() haproxyIsStale!: boolean;
  @ValidateNested({ each: true }) @Type(() => RenderedFile) rendered!: RenderedFile[];
  @ValidateNested({ each: true }) @Type(() => RefusedFile) refused!: RefusedFile[];
}

export class NodeReport {
  @Equals(NODE_REPORT_VERSION) version!: typeof NODE_REPORT_VERSION;
  @IsIn(VRRP_STATES) vrrpState!: (typeof VRRP_STATES)[number];
  @IsArray() @ValidateNested({ each: true }) @Type(() => FiringDetector) detectors!: FiringDetector[];
  /** How often the node has become MASTER since it is on. */
  @IsInt() @Min(0) becameMaster!: number;
  /** When it became MASTER, ms since 1970, the oldest first. This list and `lost` hold the last eight moves together. */
  @IsInt({ each: true }) gainedAtMs!: number[];
  /** When and why it stopped being MASTER, the oldest first; a node that was killed leaves no entry. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => LostVip) lost!: LostVip[];
  @IsIn(SECOND_CHANCE_STATES) secondChance!: (typeof SECOND_CHANCE_STATES)[number];
  /** The last time since keepalived's start. */
  @IsOptional() @ValidateNested() @Type(() => Restored) secondChanceRestored?: Restored;
  @IsIn(ADVERT_FILTER_STATES) advertFilter!: (typeof ADVERT_FILTER_STATES)[number];
  @IsOptional() @ValidateNested() @Type(() => Restored) advertFilterRestored?: Restored;
  /** Within the last 10 s, the last one of each source. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => ForeignAdvert) foreignAdverts!: ForeignAdvert[];
  /** Within the last 10 s, the last one of each claimant. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => AddressClaim) addressClaims!: AddressClaim[];
  /** Blocks that are free in /run/ha-demo. */
  @IsInt() runFolderFreeBlocks!: number;
  /** Whether the node's interface on the LAN has a carrier. */
  @IsIn(['up', 'down']) link!: 'up' | 'down';
  @IsArray() @ValidateNested({ each: true }) @Type(() => InterfaceAddress) addresses!: InterfaceAddress[];
  /** Empty when the node's HAProxy does not answer. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => HaproxyServer) servers!: HaproxyServer[];
  @IsOptional() @ValidateNested() @Type(() => ReportedConfiguration) configuration?: ReportedConfiguration;
}

/** @throws Error one line: what is not as a report has it */
export function parseNodeReport(text: string): NodeReport {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Error(`it is no JSON: ${text.slice(0, 80).split('\n')[0]}`);
  }
  const report = plainToInstance(NodeReport, content as object);
  const errors = validateSync(report, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true });
  if (errors.length > 0) throw new Error(problemIn(errors[0]!));
  return report;
}

function problemIn({ property, value, constraints, children = [] }: ValidationError, parent = ''): string {
  const field = `${parent}${property}`;
  const [message] = Object.values(constraints ?? {});
  if (message !== undefined) return `${field}: ${JSON.stringify(value)}: ${message}`;
  return children[0] ? problemIn(children[0], `${field}.`) : `${field}: is not as expected`;
}
