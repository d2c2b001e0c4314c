import { EventEmitter, on } from 'node:events';
import { type Cluster, type Node, secondChanceWanted, type Tier, tierOf } from '../../cluster/cluster.js';
import type { Clock } from '../../common/clock.js';
import { SERVICE_NAMES, type ServiceName } from '../../node/contract.js';
import type { HaproxyServer } from '../../node/node-report.js';
import {
  type AdvertCounts,
  type LogOptions,
  type NodeObservation,
  type PowerState,
  type SecondChanceState,
  type ServiceCondition,
  type VrrpState,
} from '../lab.js';

/** A node of the lab in memory. */
export class Host {
  power: PowerState = 'on';
  plugged = true;
  isolated = false;
  /** Whether another node's adverts arrive here. */
  hears = (_other: Node): boolean => true;
  runFolderFull = false;
  readonly hung = new Set<ServiceName>();
  readonly up = new Set<ServiceName>(SERVICE_NAMES);
  hasVip = false;
  vrrpState: VrrpState = 'unknown';
  private readonly transitions: string[] = [];
  private readonly events = new EventEmitter();

  constructor(
    readonly node: Node,
    private readonly clock: Clock,
  ) {}

  get answers(): boolean {
    return this.power === 'on' && this.plugged && !this.isolated;
  }

  conditionOf(service: ServiceName): ServiceCondition {
    if (!this.up.has(service)) return 'down';
    return this.hung.has(service) ? 'hung' : 'up';
  }

  works(service: ServiceName): boolean {
    return this.conditionOf(service) === 'up';
  }

  become(state: VrrpState): void {
    if (state === this.vrrpState) return;
    this.vrrpState = state;
    const { name, tier, priority } = this.node;
    const time = new Date(this.clock.wallClockMs()).toISOString();
    const line = `${JSON.stringify({ time, level: 'info', node: name, virtualRouter: tier, state, priority })}\n`;
    this.transitions.push(line);
    this.events.emit('keepalived', line);
  }

  /** @param peers of its tier, with itself */
  countAdverts(peers: Host[], windowMs: number): AdvertCounts {
    if (!this.works('keepalived')) throw new Error(`${this.node.name}: keepalived is not up`);
    const isHeard = peers.some((other) => other !== this && other.vrrpState === 'MASTER');
    return { sent: this.vrrpState === 'MASTER' ? windowMs : 0, received: isHeard ? windowMs : 0 };
  }

  async writeLog(
    service: ServiceName,
    output: NodeJS.WritableStream,
    { follow, tail, sinceMs = 0, timestamps = false, signal }: LogOptions,
  ): Promise<void> {
    const lines = service === 'keepalived' ? this.transitions : [];
    const timeIn = (line: string) => (JSON.parse(line) as { time: string }).time;
    const timed = (line: string) => (timestamps ? `${timeIn(line)} ${line}` : line);
    const wanted = lines.filter((line) => Date.parse(timeIn(line)) >= sinceMs);
    for (const line of wanted.slice(Math.max(0, wanted.length - tail))) output.write(timed(line));
    if (!follow) return;
    try {
      for await (const [line] of on(this.events, service, { signal })) output.write(timed(line as string));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /**
   * @param peers of its tier, with itself
   * @param isDisturbed by a stranger
   */
  observed(cluster: Cluster, peers: Host[], isDisturbed: boolean): NodeObservation {
    const tier = tierOf(cluster, this.node.tier);
    const isOn = this.power === 'on';
    const stateOf = (service: ServiceName) => (isOn ? this.conditionOf(service) : 'down');
    const strangers = strangersIn(tier, isOn && isDisturbed, this.clock.wallClockMs());
    return {
      node: this.node.name,
      power: this.power,
      link: isOn ? (this.plugged ? 'up' : 'down') : 'unknown',
      services: { app: stateOf('app'), haproxy: stateOf('haproxy'), keepalived: stateOf('keepalived') },
      vrrpState: isOn ? this.vrrpState : 'unknown',
      detectors: [],
      vipsHeld: isOn && this.hasVip ? [tier.virtualRouter.virtualIp] : [],
      secondChance: isOn ? secondChanceOf(cluster, peers) : 'unknown',
      advertFilter: isOn ? 'active' : 'unknown',
      ...strangers,
      ...(isOn && this.runFolderFull && { runFolderFull: true as const }),
      servers: stateOf('haproxy') === 'up' ? peers.map((server) => server.asHaproxyServer()) : [],
    };
  }

  private asHaproxyServer(): HaproxyServer {
    const isUp = this.answers && this.works('app');
    return { name: this.node.name, status: isUp ? 'UP' : 'DOWN', check: isUp ? 'L7OK' : 'L4CON' };
  }
}

function secondChanceOf(cluster: Cluster, hosts: Host[]): SecondChanceState {
  if (!secondChanceWanted(cluster)) return 'off';
  return hosts.every(({ answers }) => answers) ? 'active' : 'suspended';
}

/** As nodes hear him. */
function strangersIn(
  { virtualRouter: { virtualRouterId } }: Tier,
  isThere: boolean,
  atMs: number,
): Pick<NodeObservation, 'foreignAdverts' | 'addressClaims'> {
  if (!isThere) return { foreignAdverts: [], addressClaims: [] };
  return {
    foreignAdverts: [{ atMs, source: '192.168.99.130', virtualRouterId, priority: 255 }],
    addressClaims: [{ atMs, mac: '02:42:c0:a8:63:82', count: 1 }],
  };
}

/**
 * Who becomes master: VRRP's election among the hosts of a tier, and what the others then are.
 * @param hosts the highest priority first
 */
export function elect(hosts: Host[], preempt: boolean): void {
  const eligible = hosts.filter((host) => host.answers && host.works('keepalived') && host.works('haproxy'));
  const incumbent = preempt ? undefined : eligible.find(({ hasVip }) => hasVip);
  const masters: Host[] = [];
  for (const host of incumbent ? [incumbent, ...eligible] : eligible)
    if (!masters.some((master) => master === host || host.hears(master.node))) masters.push(host);
  for (const host of hosts) {
    if (!host.up.has('keepalived')) {
      host.vrrpState = 'unknown';
      continue;
    }
    if (host.power === 'suspended' || host.hung.has('keepalived')) continue;
    host.hasVip = masters.includes(host);
    host.become(host.hasVip ? 'MASTER' : eligible.includes(host) ? 'BACKUP' : 'FAULT');
  }
}
