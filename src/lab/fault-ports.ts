import type { TierName } from '../cluster/cluster-file.js';
import { type ServiceName } from '../node/contract.js';

/* What a drill breaks in a lab on purpose, and mends. */

/** A service that stands still for a while: all of its processes, at any instruction. A second call changes nothing. */
export interface ServiceSuspension {
  /** @throws Error when the node is not on */
  suspendService(node: string, service: ServiceName): Promise<void>;
  resumeService(node: string, service: ServiceName): Promise<void>;
}

/** A service may run for `quotaMs` of processor time in each `periodMs`, all its processes together; then it stands still. */
export interface ProcessorShare {
  quotaMs: number;
  periodMs: number;
}

export interface ProcessorLimit {
  /** Replaces what was set before; a service that is started again may be free of it. */
  limitProcessor(node: string, service: ServiceName, share: ProcessorShare): Promise<void>;
  /** A second call changes nothing, nor does one for a service that is down. */
  unlimitProcessor(node: string, service: ServiceName): Promise<void>;
}

/** The file system of a node's /run/ha-demo. A second call of the same kind changes nothing. */
export interface RunFolderFilling {
  /**
   * Leaves no place in it.
   * @throws Error in a lab whose capabilities lack it, and where it is no file system of its own
   */
  fillRunFolder(node: string): Promise<void>;
  /** Removes what has filled it, and nothing else. */
  freeRunFolder(node: string): Promise<void>;
}

/** The container engine that the lab's nodes run on. */
export interface EngineRestart {
  /**
   * Stops the engine in order, and all that it runs with it, and starts it again.
   * @throws Error in a lab whose capabilities lack it, and when the engine runs anything that is not this lab's
   */
  restartEngine(): Promise<void>;
  /** Starts all nodes, and what belongs to none of them. */
  startLab(): Promise<void>;
}

/** What a service's test hook can do to the requests of its tier; its health checks stay good. */
export interface AppFaults {
  /** How much later it answers. */
  delayMs?: number;
  /** The share of the requests, 0 to 1, that it answers with 500. */
  errorRate?: number;
  /** A path that it always answers with 500. */
  errorPath?: string;
}

export interface AppFaultInjection {
  /**
   * Replaces what was injected before; `{}` ends it, and so does a restart of the service.
   * @throws Error when the node or the service is not up; in containers also when keepalived is not
   */
  injectAppFaults(node: string, faults: AppFaults): Promise<void>;
}

/**
 * The cable between a node and the LAN. A second call of the same kind changes nothing.
 * @throws Error when the node is not on, in labs that really change a cable or a port of the switch
 */
export interface LinkControl {
  /**
   * Pulls the cable: the node sees that its carrier is gone, and so does the switch.
   * @throws Error in a lab whose capabilities lack it
   */
  unplugNode(node: string): Promise<void>;
  plugNode(node: string): Promise<void>;
  /**
   * The switch forwards nothing to the node and nothing of it any more, in silence: the carrier stays.
   * @throws Error in a lab whose capabilities lack it
   */
  isolateNode(node: string): Promise<void>;
  rejoinNode(node: string): Promise<void>;
}

/** Which packets get lost. */
export interface LossOptions {
  /** Addresses whose packets are meant; everybody's without any. */
  from?: string[];
  /** `adverts`: VRRP's alone (protocol 112). Without it all. */
  packets?: 'all' | 'adverts';
}

/** Packets that get lost on their way to a node. The carrier stays. @throws Error when the node is not on */
export interface PacketLoss {
  /**
   * Replaces what was dropped before.
   * @param share of the packets, above 0 and up to 1
   */
  dropPackets(node: string, share: number, which?: LossOptions): Promise<void>;
  dropNothing(node: string): Promise<void>;
}

/** What somebody else takes away from a node behind its back. The node is to put it back by itself. */
export interface Interference {
  /**
   * The virtual IP of its tier, from the interface on which the node answers for it.
   * @throws Error when the node does not hold it
   */
  takeVirtualIp(node: string): Promise<void>;
  /**
   * Its firewall rules: those of second chance, and the filter of adverts. Resolves when the node has put them back.
   * @throws Error when it has none, or does not put them back within 30 s
   */
  takeRules(node: string): Promise<void>;
}

/** A stranger on the LAN with a tier's router id, virtual IP, and the highest priority. A second call changes nothing. */
export interface ForeignRouters {
  /** @throws Error in a lab whose capabilities lack it */
  startForeignRouter(tier: TierName): Promise<void>;
  stopForeignRouter(tier: TierName): Promise<void>;
}

/**
 * A node that stands still for a while, and then goes on as if nothing had happened. A second call of the same kind changes
 * nothing.
 * Where nodes share the host's kernel, that goes on all the while: it answers ARP, and accepts connections.
 */
export interface NodeSuspension {
  suspendNode(node: string): Promise<void>;
  resumeNode(node: string): Promise<void>;
}
