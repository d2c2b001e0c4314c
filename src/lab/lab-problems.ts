import { type Cluster, secondChanceWanted, type Tier } from '../cluster/cluster.js';
import type { TierName } from '../cluster/cluster-file.js';
import { waitUntilNothingIsMissing } from '../common/wait-until.js';
import { timeOf } from '../common/time.js';
import { DETECTORS, SERVICE_NAMES, type ServiceName } from '../node/contract.js';
import { type LabCapabilities, type LabObserver, type LabTraits, type NodeObservation } from './lab.js';

/** Something that keeps the lab from being healthy, and whose it is to mend. */
export interface LabProblem {
  text: string;
  /** Missing when it is a matter of the tier as a whole. */
  node?: string;
  /** Whose virtual IP is concerned. */
  tier?: TierName;
  /** The node whose HAProxy sees it. */
  seenBy?: string;
  service?: ServiceName;
  /** The service has ended, or was never started. */
  isDown?: true;
}

/**
 * Looks at the lab again and again until `labProblems` finds nothing.
 * @param options `deadlineMs`: `lab.traits.healthyWithinMs` unless said
 * @returns the observations that showed it healthy
 * @throws DeadlineExceededError with what still keeps the lab from being healthy
 */
export async function untilHealthy(
  cluster: Cluster,
  lab: LabObserver,
  { deadlineMs = lab.traits.healthyWithinMs } = {},
): Promise<NodeObservation[]> {
  let seen: NodeObservation[] = [];
  const missing = async () => {
    seen = await lab.observe();
    return problemTexts(cluster, lab.traits, seen);
  };
  await waitUntilNothingIsMissing('healthy lab', missing, {
    deadlineMs,
    intervalMs: lab.traits.lookIntervalMs,
    clock: lab.clock,
  });
  return seen;
}

/**
 * What keeps the lab from being healthy; nothing when
 * - each virtual IP has one holder, which keeps it;
 * - every node is on, on the LAN and understood, its /run/ha-demo has room, and its services are up;
 * - every virtual router is MASTER or BACKUP, and second chance is not suspended where it is wanted;
 * - every HAProxy sees all of its servers up.
 * Holders come first: they are what a client feels.
 */
export function labProblems(cluster: Cluster, observations: NodeObservation[]): LabProblem[] {
  return [
    ...cluster.tiers.flatMap((tier) => holderProblems(cluster, tier, observations)),
    ...cluster.tiers.flatMap((tier) => {
      const nodes = observations.filter(({ node }) => tier.nodes.some(({ name }) => name === node));
      return nodes.flatMap((node) => [...nodeProblems(cluster, node), ...serverProblems(tier, node, nodes)]);
    }),
  ];
}

/** What `labProblems` finds, for people; a lab that is off as a whole is one line. */
export function problemTexts(
  cluster: Cluster,
  { startCommand }: Pick<LabTraits, 'startCommand'>,
  observations: NodeObservation[],
): string[] {
  if (observations.every(({ power }) => power === 'off'))
    return [`all nodes are off, as after a restart of the host or the engine: ${startCommand}`];
  return labProblems(cluster, observations).map(({ text }) => text);
}

/** @throws Error that names the log of a service that has ended, in a lab where it does not come back by itself */
export function assertNoneHasEnded(
  { restartsAfterCrash }: Pick<LabCapabilities, 'restartsAfterCrash'>,
  problems: LabProblem[],
): void {
  if (restartsAfterCrash) return;
  const ended = problems.find(({ isDown }) => isDown);
  if (ended) throw new Error(`${ended.text}: ./ha-demo logs ${ended.node} ${ended.service}`);
}

function holderProblems(cluster: Cluster, tier: Tier, observations: NodeObservation[]): LabProblem[] {
  const { name, virtualRouter } = tier;
  const { virtualIp } = virtualRouter;
  const holders = observations.filter(({ vipsHeld }) => vipsHeld.includes(virtualIp)).map(({ node }) => node);
  if (holders.length === 1) {
    const heir = cluster.profile.vrrp.preempt ? firstEligible(tier, observations) : undefined;
    return heir === undefined || heir === holders[0]
      ? []
      : [{ tier: name, text: `${name}: ${virtualIp} is about to move from ${holders[0]} to ${heir}` }];
  }
  if (holders.length === 0) return [{ tier: name, text: `${name}: nobody holds ${virtualIp}` }];
  return [{ tier: name, text: `${name}: ${virtualIp} has ${holders.length} holders: ${holders.join(', ')}` }];
}

/** The node with the highest priority of those whose virtual router works: with preemption it becomes the master. */
function firstEligible({ nodes }: Tier, observations: NodeObservation[]): string | undefined {
  const works = ({ link, services, vrrpState }: NodeObservation) =>
    link === 'up' && services.keepalived === 'up' && (vrrpState === 'MASTER' || vrrpState === 'BACKUP');
  return nodes.find(({ name }) => observations.some((one) => one.node === name && works(one)))?.name;
}

function nodeProblems(cluster: Cluster, observation: NodeObservation): LabProblem[] {
  const { node, power, unreadable, link, services, vrrpState, secondChance } = observation;
  if (power !== 'on') return [{ node, text: `${node}: is ${power}` }];
  if (unreadable !== undefined)
    return [{ node, text: `${node}: what it tells is not understood, since it is of another version: ${unreadable}` }];
  if (link === 'down') return [{ node, text: `${node}: is unplugged from the LAN` }];
  const problems = SERVICE_NAMES.flatMap((service): LabProblem[] => {
    if (services[service] === 'hung') return [{ node, service, text: `${node}: ${service} hangs` }];
    if (services[service] === 'up') return [];
    return [{ node, service, isDown: true, text: `${node}: ${service} is down` }];
  });
  if (services.keepalived === 'up' && vrrpState !== 'MASTER' && vrrpState !== 'BACKUP') {
    problems.push({ node, service: 'keepalived', text: `${node}: VRRP state is ${vrrpState}${reasonOf(observation)}` });
  }
  if (observation.runFolderFull) problems.push({ node, text: `${node}: /run/ha-demo is full` });
  if (services.keepalived === 'up' && secondChanceWanted(cluster) && secondChance === 'suspended') {
    problems.push({ text: `${node}: second chance is suspended, a peer is silent` });
  }
  return problems;
}

/** By which detector, and since when; keepalived does not tell what its own checks have found. */
function reasonOf({ vrrpState, detectors }: NodeObservation): string {
  if (vrrpState !== 'FAULT') return '';
  if (detectors.length === 0)
    return ": no detector of the lab's fires, so it is an interface or a script of keepalived's own";
  const sinceMs = Math.min(...detectors.map((detector) => detector.sinceMs));
  const names = detectors.map(({ name }) => `${name} (${DETECTORS[name]})`);
  return ` since ${timeOf(sinceMs)}: ${names.join(', ')}`;
}

/** A server that is listed but not up is the server's problem; one that is not listed, the HAProxy's. */
function serverProblems(tier: Tier, observer: NodeObservation, nodes: NodeObservation[]): LabProblem[] {
  const { services, link, unreadable } = observer;
  if (services.haproxy !== 'up' || link === 'down' || unreadable !== undefined) return [];
  return tier.nodes.flatMap(({ name }): LabProblem[] => {
    const server = observer.servers.find((candidate) => candidate.name === name);
    const text = `${observer.node}: its HAProxy does not see ${name} up`;
    const seenBy = observer.node;
    if (!server) return [{ node: observer.node, seenBy, service: 'haproxy', text }];
    if (server.status === 'UP' && server.check.startsWith('L7OK')) return [];
    const isKnownToBeDown = nodes.some(
      ({ node, link, services }) => node === name && (link === 'down' || services.app !== 'up'),
    );
    return isKnownToBeDown ? [] : [{ node: name, seenBy, service: 'app', text }];
  });
}
