import type { Clock } from '../common/clock.js';
import { type DETECTORS, type ServiceName } from '../node/contract.js';
import type {
  ADVERT_FILTER_STATES,
  AddressClaim,
  ForeignAdvert,
  HaproxyServer,
  LostVip,
  Restored,
  SECOND_CHANCE_STATES,
  VRRP_STATES,
} from '../node/node-report.js';
import type {
  AppFaultInjection,
  EngineRestart,
  ForeignRouters,
  Interference,
  LinkControl,
  NodeSuspension,
  PacketLoss,
  ProcessorLimit,
  RunFolderFilling,
  ServiceSuspension,
} from './fault-ports.js';

/*
 * A lab is a place where the cluster runs. These are its ports: callers declare only those they use.
 */

export type VrrpState = (typeof VRRP_STATES)[number];
export type SecondChanceState = (typeof SECOND_CHANCE_STATES)[number];
export type AdvertFilterState = (typeof ADVERT_FILTER_STATES)[number];

/** A firing track file of a node, see DETECTORS: while it fires, the virtual router is in FAULT. */
export interface Detector {
  name: keyof typeof DETECTORS;
  /** When it began to fire: ms since 1970, by the node's clock. */
  sinceMs: number;
}

/** What a node knows of the moves of its virtual IP since it was switched on. Times are ms since 1970, by the node's clock. */
export interface NodeMoves {
  /** How often it has become MASTER. */
  becameMaster: number;
  /** When it became MASTER, the oldest first. This list and `lost` hold the last eight moves together. */
  gainedAtMs: number[];
  /** When and why it stopped being MASTER, the oldest first; a node that was killed leaves no entry. */
  lost: LostVip[];
}

export interface NodeConfiguration {
  /** The lines of the manifest of what is rendered, see `manifestOf`. */
  manifest: string[];
  /** Services that run on an older configuration than the rendered one. */
  stale: ServiceName[];
  /** Rendered files that HAProxy or keepalived has refused, so that it runs on the previous ones. */
  refused: { file: string; reason: string }[];
}

/** Of a host. One that is suspended reports nothing, like one that is off. */
export type PowerState = 'on' | 'suspended' | 'off';

/** `hung`: it is there, and stands still (see ServiceSuspension). `none`: the node has no such service. */
export type ServiceCondition = 'up' | 'hung' | 'down' | 'none';

export interface NodeObservation {
  node: string;
  power: PowerState;
  /** Why what the node tells is not understood; it tells nothing then. */
  unreadable?: string;
  /** Whether the node's interface on the LAN has a carrier. */
  link: 'up' | 'down' | 'unknown';
  services: Record<ServiceName, ServiceCondition>;
  vrrpState: VrrpState;
  /** Missing when the node does not tell. */
  moves?: NodeMoves;
  /** What keeps the virtual router in FAULT. */
  detectors: Detector[];
  /** Virtual IPs on an interface that answers ARP; the loopback, where every node has them, does not count. */
  vipsHeld: string[];
  secondChance: SecondChanceState;
  /** When parts of second chance had been taken away and were put back, the last time since keepalived's start. */
  secondChanceRestored?: Restored;
  advertFilter: AdvertFilterState;
  /** The same of the filter of adverts. */
  advertFilterRestored?: Restored;
  /** The last one of each source within the last 10 s. */
  foreignAdverts: ForeignAdvert[];
  /** The last one of each claimant within the last 10 s. */
  addressClaims: AddressClaim[];
  /** Nothing has a place in the node's /run/ha-demo any more. */
  runFolderFull?: true;
  /** Which configuration the node runs on; missing unless ObserveOptions asked for it, or when the node does not tell. */
  configuration?: NodeConfiguration;
  /** Empty when the node's HAProxy does not answer. */
  servers: HaproxyServer[];
}

export interface ObserveOptions {
  /** Whether to look at the files that the nodes run on, too, which costs them some processes. */
  configuration?: boolean;
}

export interface LabObserver {
  readonly traits: LabTraits;
  /** How time passes in the lab. */
  readonly clock: Clock;
  /** One observation a node, in the order of cluster.yaml. */
  observe(options?: ObserveOptions): Promise<NodeObservation[]>;
}

export interface AdvertCounts {
  sent: number;
  received: number;
}

export interface AdvertCounter {
  /**
   * VRRP adverts from now on, as the node's keepalived counts them.
   * @throws Error when keepalived is not up
   */
  countAdverts(node: string, windowMs: number): Promise<AdvertCounts>;
}

/**
 * Starts, stops and kills a node's services. Each resolves when the service's process has started or ended. A second call of
 * the same kind changes nothing.
 * @throws Error when the node is not on: `startService` in every lab, the others on machines alone
 */
export interface ServiceControl {
  startService(node: string, service: ServiceName): Promise<void>;
  /** A planned stop: SIGTERM, and as long as the service needs to end without losing anything. */
  stopService(node: string, service: ServiceName): Promise<void>;
  /** A crash: SIGKILL, for everything that belongs to the service. */
  killService(node: string, service: ServiceName): Promise<void>;
}

export interface ServiceReload {
  /** A new HAProxy worker takes over the listeners, the old one finishes its connections. Resolves when the new one serves. */
  reloadHaproxy(node: string): Promise<void>;
}

/** A new version of what the services run on. In a lab whose capabilities lack it, each of these rejects. */
export interface ImageUpgrade {
  /** What is renewed from now on gets new images, which differ from those before by a label. A second call changes nothing. */
  publishImages(): Promise<void>;
  /** What is renewed from now on gets the images from before. */
  withdrawImages(): Promise<void>;
  /** A planned stop, and a start from the image of the moment; nothing when it runs on that already. */
  renewService(node: string, service: ServiceName): Promise<void>;
}

/**
 * Switches whole nodes on and off, suspended ones too. Each resolves when that is done. A second call of the same kind changes
 * nothing. A host that nobody here can switch on goes off all the same, and `startNode` waits until somebody has.
 * @throws DeadlineExceededError of `startNode` and `stopNode`
 */
export interface NodePower {
  /** Powers the host on, or resumes it, and starts all of its services. @throws DeadlineExceededError */
  startNode(node: string): Promise<void>;
  /** Shuts down: keepalived first, so that the virtual IP leaves a working node, the host last. */
  stopNode(node: string): Promise<void>;
  /** Pulls the plug. */
  killNode(node: string): Promise<void>;
}

export interface SelfHealing {
  /**
   * What nodes have mended by themselves of faults that are not healed yet, since nobody could tell them to: lines, such as
   * `frontend-01 has plugged itself in again 12 s ago, ...`. None in a lab that is always reached.
   * @param sinceMs what was mended before is left out, in ms since 1970; nothing without it
   */
  selfHealed(sinceMs?: number): Promise<string[]>;
}

export interface LogSource {
  /**
   * Writes the service's log to `output`, each line as the service wrote it. With `options.follow` it goes on, also while the
   * service or the node is gone and comes back, and resolves when `options.signal` aborts.
   * @throws Error when the node does not exist, or without `follow` cannot be reached
   */
  writeLogs(node: string, service: ServiceName, output: NodeJS.WritableStream, options: LogOptions): Promise<void>;
}

export interface NodeClocks {
  /** How far the node's wall clock is ahead of the lab's own, in ms. One that cannot be asked counts as right. */
  clockOffsetMs(node: string): Promise<number>;
}

export interface LogOptions {
  follow: boolean;
  /** How many lines at the most, counted from the end; with `follow` on a machine an entry of the journal, which may hold many, counts as one. */
  tail: number;
  /** Lines that were written earlier are left out, in ms since 1970 by the node's clock. */
  sinceMs?: number;
  /** Whether each line begins with the time when it was written, ISO 8601, and a space. */
  timestamps?: boolean;
  /** Whether HAProxy's requests are among the lines, beside what happens to its servers; true unless said. `tail` may count them. */
  requests?: boolean;
  signal: AbortSignal;
}

/** What is to be expected of a lab of its kind, and what people type for it. */
export interface LabTraits {
  /** As `--lab` has it. */
  kind: string;
  /** Longest time from the start of all nodes until the lab is healthy. */
  healthyWithinMs: number;
  /** Longest time until a service or a node that was started works. */
  startedWithinMs: number;
  /** Longest time until an updated node or service works as well as before, if the update does no harm. */
  updatedWithinMs: number;
  /** Least time between two looks at the lab while something is waited for. */
  lookIntervalMs: number;
  /** What a person types to start all nodes, such as `./ha-demo up`. */
  startCommand: string;
}

/** What a lab can and cannot do is data: a caller skips what is missing, by name. */
export interface LabCapabilities {
  /** Whether a killed service comes back by itself, as it does under systemd. */
  restartsAfterCrash: boolean;
  /** Whether a node that is switched off can be switched on again from here. */
  switchesNodes: boolean;
  /** Whether a node as a whole can be made to stand still. */
  suspendsNodes: boolean;
  /** Whether the nodes have cables of their own to pull. */
  unplugsNodes: boolean;
  /** Whether there is a switch of the lab's own that can cut a node off. */
  isolatesNodes: boolean;
  /** Whether the lab can give its services new images. */
  upgradesImages: boolean;
  /** Whether a node's /run/ha-demo is a file system of its own, so that it can be full without anything else being so. */
  fillsRunFolders: boolean;
  /** Whether the lab runs on an engine that ./ha-demo has started, and may end. */
  restartsEngine: boolean;
  /** Whether there is room for a stranger on the LAN. */
  hasForeignRouters: boolean;
}

export interface Lab
  extends
    LabObserver,
    AdvertCounter,
    ServiceControl,
    ServiceReload,
    ServiceSuspension,
    ProcessorLimit,
    RunFolderFilling,
    EngineRestart,
    AppFaultInjection,
    ImageUpgrade,
    NodePower,
    LinkControl,
    PacketLoss,
    Interference,
    ForeignRouters,
    NodeSuspension,
    SelfHealing,
    LogSource,
    NodeClocks {
  readonly capabilities: LabCapabilities;
}
