import { plainAddress } from '../ip-address.js';
import type { Position, ReadingProblem, Sourced } from '../source.js';
import { type VrrpCheck, vrrpChecks } from './checks.js';
import type { KeepalivedTree, Statement } from './tree.js';
import { inRange, isOn, lastNamed, named, numberOf, numberValue, secondsValue, textValue } from './values.js';

/** What keepalived.conf says about VRRP, with keepalived's defaults where it says nothing (keepalived.conf(5)). */
export interface KeepalivedModel {
  instances: VrrpInstance[];
  syncGroups: SyncGroup[];
  /** Scripts, files and processes that instances may track. */
  checks: VrrpCheck[];
  /** Values that are not what keepalived understands. */
  notUnderstood: ReadingProblem[];
}

/** A node's part in a virtual router. */
export interface VrrpInstance {
  name: string;
  position: Position;
  interface: Sourced<string> | undefined;
  virtualRouterId: Sourced<number> | undefined;
  family: 4 | 6;
  version: 2 | 3;
  versionPosition: Position;
  /** `state MASTER`. */
  startsAsMaster: boolean;
  priority: Sourced<number>;
  /** As keepalived rounds it: whole seconds with version 2, hundredths with version 3. */
  advertisementIntervalMs: Sourced<number>;
  /** As it is written. */
  writtenIntervalMs: number;
  /** Missed adverts after which a master is down. */
  downTimerAdverts: number;
  nopreempt: Position | undefined;
  preemptDelayMs: Sourced<number> | undefined;
  unicastSource: Sourced<string> | undefined;
  /** '' for the group that the RFCs say. */
  multicastGroup: string;
  /** Undefined with multicast. */
  unicastPeers: Sourced<string>[] | undefined;
  checksUnicastSource: boolean;
  virtualIps: Sourced<string>[];
  excludedVirtualIps: Sourced<string>[];
  tracks: Track[];
  authentication: Authentication | undefined;
  answersLowerPriority: boolean;
}

/** `password` is compared, and never shown. */
export interface Authentication {
  type: string;
  password: Sourced<string>;
  position: Position;
}

/** What an instance, or its sync group, lets decide about its state or priority. */
export interface Track {
  kind: 'script' | 'file' | 'process' | 'interface';
  name: string;
  /** Where it is not the check's own. */
  weight: number | undefined;
  isReversed: boolean;
  position: Position;
}

export interface SyncGroup {
  name: string;
  /** Otherwise keepalived drops what its members track with a weight. */
  tracksWeights: boolean;
  members: Sourced<string>[];
  tracks: Track[];
  position: Position;
}

export function keepalivedModel(tree: KeepalivedTree): KeepalivedModel {
  const { statements } = tree;
  const globals = named(statements, 'global_defs').flatMap(({ block }) => block ?? []);
  const notUnderstood: ReadingProblem[] = [];
  const instances = named(statements, 'vrrp_instance');
  const first = instances[MOST_INSTANCES];
  if (first)
    notUnderstood.push({
      position: first.position,
      text: `more than ${MOST_INSTANCES} instances: the others are left out`,
    });
  return {
    instances: instances.slice(0, MOST_INSTANCES).map((statement) => instanceOf(statement, globals, notUnderstood)),
    syncGroups: named(statements, 'vrrp_sync_group').map(syncGroupOf),
    checks: vrrpChecks(statements, notUnderstood),
    notUnderstood,
  };
}

/** Two for every router id there is. */
const MOST_INSTANCES = 510;

function instanceOf(statement: Statement, globals: Statement[], notUnderstood: ReadingProblem[]): VrrpInstance {
  const { words, block = [], position } = statement;
  const number = <T>(keyword: string, [least, most]: [number, number], otherwise: T, read = numberValue) =>
    inRange(read(lastNamed(block, keyword)), keyword, [least, most], notUnderstood) ?? otherwise;
  const virtualIps = addressesOf(named(block, 'virtual_ipaddress'));
  const family = virtualIps[0]?.value.includes(':') ? 6 : 4;
  const ownVersion = lastNamed(block, 'version');
  const version = ownVersion ?? lastNamed(globals, 'vrrp_version');
  const unicastPeers = addressesOf(named(block, 'unicast_peer'));
  const source = textValue(lastNamed(block, 'unicast_src_ip'));
  const vrrpVersion = family === 6 || numberValue(version)?.value === 3 ? 3 : 2;
  // In capitals alone; everything else is BACKUP (vrrp_parser.c: vrrp_state_handler).
  const startsAsMaster = textValue(lastNamed(block, 'state'))?.value === 'MASTER';
  const interval = number('advert_int', [10, 255_000], { value: 1000, position }, secondsValue);
  const isStrict = isOn(lastNamed(block, 'strict_mode') ?? lastNamed(globals, 'vrrp_strict'));
  const preempts = named(block, 'nopreempt', 'preempt').at(-1);
  const authentication = lastNamed(block, 'authentication');
  return {
    name: words[1]?.text ?? '',
    position,
    interface: textValue(lastNamed(block, 'interface')),
    virtualRouterId: number('virtual_router_id', [1, 255], undefined),
    family,
    version: vrrpVersion,
    versionPosition: version?.position ?? position,
    startsAsMaster,
    // An owner that does not say its priority (vrrp.c: vrrp_complete_instance).
    priority: number('priority', [1, 255], { value: startsAsMaster ? 255 : 100, position }),
    advertisementIntervalMs: { ...interval, value: rounded(interval.value, vrrpVersion === 2 ? 1000 : 10) },
    writtenIntervalMs: interval.value,
    downTimerAdverts: (
      number('down_timer_adverts', [1, 100], undefined) ??
      inRange(
        numberValue(lastNamed(globals, 'vrrp_down_timer_adverts')),
        'vrrp_down_timer_adverts',
        [1, 100],
        notUnderstood,
      ) ?? {
        value: 3,
      }
    ).value,
    nopreempt: preempts?.words[0]!.text === 'nopreempt' ? preempts.position : undefined,
    preemptDelayMs: number('preempt_delay', [0, 1_000_000], undefined, secondsValue),
    unicastSource: source && { ...source, value: plainAddress(source.value) },
    // An empty list is multicast.
    unicastPeers: unicastPeers.length > 0 ? unicastPeers : undefined,
    multicastGroup: textValue(lastNamed(block, 'mcast_dst_ip'))?.value ?? '',
    checksUnicastSource: isOn(lastNamed(block, 'check_unicast_src') ?? lastNamed(globals, 'vrrp_check_unicast_src')),
    virtualIps,
    excludedVirtualIps: addressesOf(named(block, 'virtual_ipaddress_excluded')),
    tracks: tracksOf(block),
    // keepalived does without one in strict mode, and without a password.
    authentication: isStrict ? undefined : authenticationOf(authentication),
    answersLowerPriority: !isOn(
      lastNamed(block, 'lower_prio_no_advert') ?? lastNamed(globals, 'vrrp_lower_prio_no_advert'),
    ),
  };
}

/** A half is rounded up, and what would be nothing is one (vrrp.c: vrrp_complete_instance). */
function rounded(ms: number, unitMs: number): number {
  return Math.max(1, Math.floor(ms / unitMs + 0.5)) * unitMs;
}

/** Without the length of their prefix. */
function addressesOf(blocks: Statement[]): Sourced<string>[] {
  return blocks
    .flatMap(({ block = [] }) => block)
    .map(({ words, position }) => ({ value: addressIn(words.map(({ text }) => text)), position }));
}

function addressIn(words: string[]): string {
  return plainAddress(words.find((word) => /[.:]/.test(word)) ?? words[0]!);
}

const TRACKS = {
  track_script: 'script',
  track_file: 'file',
  track_process: 'process',
  track_interface: 'interface',
} as const;

function tracksOf(block: Statement[]): Track[] {
  return Object.entries(TRACKS).flatMap(([keyword, kind]) =>
    named(block, keyword)
      .flatMap((statement) => statement.block ?? [])
      .map(({ words, position }): Track => {
        const at = words.findIndex(({ text }) => text === 'weight');
        const weight = at > 0 && words[at + 1] ? numberOf(words[at + 1]!) : NaN;
        const isReversed = words.some(({ text }) => text === 'reverse');
        return { kind, name: words[0]!.text, weight: Number.isNaN(weight) ? undefined : weight, isReversed, position };
      }),
  );
}

function authenticationOf(statement: Statement | undefined): Authentication | undefined {
  const { block = [], position } = statement ?? { position: undefined };
  const [type, password] = ['auth_type', 'auth_pass'].map((keyword) => textValue(lastNamed(block, keyword)));
  return type && password && position ? { type: type.value.toUpperCase(), password, position } : undefined;
}

function syncGroupOf({ words, block = [], position }: Statement): SyncGroup {
  const members = named(block, 'group').flatMap((group) => group.block ?? []);
  return {
    name: words[1]?.text ?? '',
    tracksWeights: ['sync_group_tracking_weight', 'global_tracking'].some((keyword) => lastNamed(block, keyword)),
    members: members.flatMap((statement) =>
      statement.words.map((word) => ({ value: word.text, position: word.position })),
    ),
    tracks: tracksOf(block),
    position,
  };
}

/** The sync group of an instance, and the instances beside it there; empty without one. */
export function syncGroupWith(
  { name }: VrrpInstance,
  { instances, syncGroups }: KeepalivedModel,
): { group: SyncGroup | undefined; others: VrrpInstance[] } {
  const isIn = (instance: string, { members }: SyncGroup) => members.some(({ value }) => value === instance);
  const group = syncGroups.find((candidate) => isIn(name, candidate));
  return { group, others: instances.filter((other) => group && other.name !== name && isIn(other.name, group)) };
}
