import { type Cluster, type Node, type Tier, tierOf } from '../cluster/cluster.js';
import type { TierName } from '../cluster/cluster-file.js';
import type { Lab, LabCapabilities, NodeObservation } from '../lab/lab.js';
import type { DrillLoad, FaultTag, Prediction } from './drill-report.js';

/** Why a node is not switched off in a lab whose capabilities lack it. */
export const NOBODY_SWITCHES = 'nothing here switches a node on again (hosts.power in cluster.yaml)';

/** Where a fault happens. */
export interface FaultTarget {
  cluster: Cluster;
  tier: Tier;
  /** Of a fault of the tier as a whole: its first node, for what has to begin somewhere. */
  node: Node;
}

/** A fault, and where it happens. */
export interface PlacedFault {
  fault: Fault;
  target: FaultTarget;
}

/** Where a fault is, by name, as the journal keeps it; `targetAt` finds it in a cluster. */
export interface FaultPlace {
  tier: TierName;
  node: string;
}

/**
 * Something that is broken on purpose, and mended. Both may be called again after they were interrupted, by another
 * process too: nothing of a fault is kept in memory.
 */
export interface Fault {
  readonly name: string;
  readonly tag: FaultTag;
  readonly description: string;
  readonly scope: 'node' | 'tier';
  /** Of the node that it makes sense on: the master is the first of its tier. Any node without it. */
  readonly role?: 'master' | 'backup';
  /** What still does its work while it lasts: the router is HAProxy and keepalived. Nothing without it. */
  readonly leaves?: readonly ('router' | 'app')[];
  /** Whether it is done to the other nodes of the tier, so that nothing else is to be broken there meanwhile. */
  readonly atPeers?: true;
  /** What the field's classic settings are said to cost; `-` where nobody says. */
  readonly classicClaim: string;
  predict(target: FaultTarget, load: DrillLoad): Prediction;
  /** @returns why this lab cannot do it */
  skippedBecause?(capabilities: LabCapabilities, cluster: Cluster): string | undefined;
  /**
   * Resolves when the lab says that it is done. One of many steps takes none any more once the signal has come.
   * @throws the signal's reason
   */
  inject(lab: Lab, target: FaultTarget, signal: AbortSignal): Promise<void>;
  heal(lab: Lab, target: FaultTarget): Promise<void>;
  /** It does not last: when `inject` returns it is time to mend what it may have left, as after a restart. */
  readonly isOverWhenDone?: true;
  /**
   * What is not as the fault should have made it, while it lasts; without this nothing of it can be looked for.
   * @returns lines; none when it has had its effect
   */
  missingEffect?(target: FaultTarget, observations: NodeObservation[]): string[];
  /** Whether the lab mends it too soon for anybody to look: what is crashed is started again. */
  endsByItself?(capabilities: LabCapabilities): boolean;
  /** What of it can be set. */
  readonly parameter?: FaultParameter;
  /** The tier that clients ask; the target's own without it. */
  readonly asks?: TierName;
  /** It takes away more than the lab: it is left out unless it is asked for by its name. */
  readonly onlyByName?: true;
  /** Whether what runs in the lab's own network ends with it: clients are on the host then. */
  readonly endsClientsInLan?: true;
  /** How long clients wait for an answer under this fault; without it `timeoutMs` of the load. */
  readonly clientTimeoutMs?: number;
}

/** A fault's one value that may be another one: `lossy-link 0.2`. */
export interface FaultParameter {
  /** For a person: what it is, from where to where, and an example. */
  allowed: string;
  /** @returns the fault with this value; undefined for one that is not allowed */
  with(text: string): Omit<Fault, 'name'> | undefined;
}

/** The load of clients under a fault, which may want them to wait for another time than usual. */
export function loadUnder({ clientTimeoutMs }: Fault, load: DrillLoad): DrillLoad {
  return { ...load, timeoutMs: clientTimeoutMs ?? load.timeoutMs };
}

/** Those that a fault makes sense on; at least one. */
export function nodesFor({ role }: Fault, { nodes }: Tier): Node[] {
  return role === undefined ? nodes : nodes.filter((_, index) => (index === 0) === (role === 'master'));
}

/** Where it happens unless somebody says where: on the first node, which holds the virtual IP, or on the last backup. */
export function usualNodeFor(fault: Fault, tier: Tier): Node {
  const nodes = nodesFor(fault, tier);
  return fault.role === 'backup' ? nodes.at(-1)! : nodes[0]!;
}

/** Such as `hang-app on backend-01`, and `rolling-restart on backend` for a fault of a tier as a whole. */
export function nameOf({ fault, target }: PlacedFault): string {
  return `${fault.name} on ${fault.scope === 'node' ? target.node.name : target.tier.name}`;
}

export function placeOf({ tier, node }: FaultTarget): FaultPlace {
  return { tier: tier.name, node: node.name };
}

/** @throws Error when the cluster has no such node (any more) */
export function targetAt(cluster: Cluster, place: FaultPlace): FaultTarget {
  const tier = tierOf(cluster, place.tier);
  const node = tier.nodes.find(({ name }) => name === place.node);
  if (!node) throw new Error(`${place.node} is not in the tier ${place.tier} of cluster.yaml`);
  return { cluster, tier, node };
}

/** Ends injected faults of the target's service: tells it so when it is up, and otherwise starts it, which forgets them. */
export async function endAppFaults(lab: Lab, { node }: FaultTarget): Promise<void> {
  const seen = (await lab.observe()).find((one) => one.node === node.name);
  await (seen?.services.app === 'up' ? lab.injectAppFaults(node.name, {}) : lab.startService(node.name, 'app'));
}

/** Whether the virtual IP is where it has to be while the target's node cannot have it. */
export function missingMove({ tier, node }: FaultTarget, observations: NodeObservation[]): string[] {
  const { virtualIp } = tier.virtualRouter;
  const others = observations.filter((one) => one.node !== node.name && one.vipsHeld.includes(virtualIp));
  return others.length === 1 ? [] : [`${virtualIp} has not moved away from ${node.name}`];
}

export function missingCondition(
  { node }: FaultTarget,
  observations: NodeObservation[],
  wanted: Partial<Pick<NodeObservation, 'power' | 'link'>> & { services?: Partial<NodeObservation['services']> },
): string[] {
  const seen = observations.find((one) => one.node === node.name);
  const { services = {}, ...states } = wanted;
  const pairs = [
    ...Object.entries(states).map(([key, value]) => [key, value, seen?.[key as 'power' | 'link']]),
    ...Object.entries(services).map(([key, value]) => [key, value, seen?.services[key as 'app']]),
  ];
  return pairs
    .filter(([, value, actual]) => value !== actual)
    .map(([key, value, actual]) => `${node.name}: ${key} is ${actual ?? 'not seen'}, not ${value}`);
}
