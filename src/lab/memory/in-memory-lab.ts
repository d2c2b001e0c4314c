import { EventEmitter, on } from 'node:events';
import { type Cluster, type Node, nodesOf, secondChanceWanted, type Tier, tierOf } from '../../cluster/cluster.js';
import type { TierName } from '../../cluster/cluster-file.js';
import { type Clock, systemClock } from '../../common/clock.js';
import {
  type AdvertCounts,
  type HaproxyServer,
  type Lab,
  type LogOptions,
  type NodeObservation,
  type PowerState,
  SERVICE_NAMES,
  type SecondChanceState,
  type ServiceCondition,
  type ServiceName,
  type VrrpState,
} from '../lab.js';
import type { AppFaults, LossOptions, ProcessorShare } from '../fault-ports.js';

/** A lab without machines, for the tests of what works on labs: each change has its whole effect at once. */
export class InMemoryLab implements Lab {
  readonly capabilities = {
    restartsAfterCrash: false,
    unplugsNodes: true,
    isolatesNodes: true,
    upgradesImages: true,
    fillsRunFolders: true,
    restartsEngine: true,
    hasForeignRouters: true,
  };
  private readonly hosts: Host[];
  private readonly foreignRouters = new Set<TierName>();
  /** By node, for tests to look at. */
  readonly appFaults = new Map<string, AppFaults>();
  /** By node and service, such as `backend-01 haproxy`, for tests to look at. */
  readonly processorShares = new Map<string, ProcessorShare>();

  /** All nodes are on, and every service is up. */
  constructor(
    private readonly cluster: Cluster,
    readonly clock: Clock = systemClock,
  ) {
    this.hosts = nodesOf(cluster).map((node) => new Host(node, clock));
    this.elect();
  }

  async observe(): Promise<NodeObservation[]> {
    return this.cluster.tiers.flatMap((tier) => {
      const hosts = this.hostsOf(tier);
      return hosts.map((host) => {
        const isOn = host.power === 'on';
        const stateOf = (service: ServiceName) => (isOn ? host.conditionOf(service) : 'down');
        return {
          node: host.node.name,
          power: host.power,
          link: isOn ? (host.plugged ? 'up' : 'down') : 'unknown',
          services: { app: stateOf('app'), haproxy: stateOf('haproxy'), keepalived: stateOf('keepalived') },
          vrrpState: isOn ? host.vrrpState : 'unknown',
          detectors: [],
          vipsHeld: isOn && host.hasVip ? [tier.virtualRouter.virtualIp] : [],
          secondChance: isOn ? this.secondChanceOf(hosts) : 'unknown',
          advertFilter: isOn ? 'active' : 'unknown',
          ...(isOn && this.foreignRouters.has(tier.name)
            ? strangerIn(tier, this.clock.wallClockMs())
            : { foreignAdverts: [], addressClaims: [] }),
          ...(isOn && host.runFolderFull && { runFolderFull: true as const }),
          servers: stateOf('haproxy') === 'up' ? hosts.map((server) => server.asHaproxyServer()) : [],
        };
      });
    });
  }

  /** One advert every millisecond. */
  async countAdverts(node: string, windowMs: number): Promise<AdvertCounts> {
    const host = this.poweredHost(node);
    if (host.conditionOf('keepalived') !== 'up') throw new Error(`${node}: keepalived is not up`);
    const others = this.hostsOf(tierOf(this.cluster, host.node.tier)).filter((other) => other !== host);
    const isHeard = others.some((other) => other.vrrpState === 'MASTER');
    return { sent: host.vrrpState === 'MASTER' ? windowMs : 0, received: isHeard ? windowMs : 0 };
  }

  async startService(node: string, service: ServiceName): Promise<void> {
    const host = this.poweredHost(node);
    host.hung.delete(service);
    host.up.add(service);
    this.elect();
  }

  async stopService(node: string, service: ServiceName): Promise<void> {
    const host = this.hostNamed(node);
    host.up.delete(service);
    host.hung.delete(service);
    if (service === 'keepalived') host.hasVip = false;
    this.elect();
  }

  /** A killed keepalived leaves its virtual IP behind, until it starts again. */
  async killService(node: string, service: ServiceName): Promise<void> {
    const host = this.hostNamed(node);
    host.up.delete(service);
    host.hung.delete(service);
    this.elect();
  }

  async reloadHaproxy(node: string): Promise<void> {
    if (!this.poweredHost(node).up.has('haproxy')) throw new Error(`${node}: haproxy is down`);
  }

  async suspendService(node: string, service: ServiceName): Promise<void> {
    const host = this.poweredHost(node);
    if (host.up.has(service)) host.hung.add(service);
    this.elect();
  }

  async resumeService(node: string, service: ServiceName): Promise<void> {
    this.hostNamed(node).hung.delete(service);
    this.elect();
  }

  async limitProcessor(node: string, service: ServiceName, share: ProcessorShare): Promise<void> {
    this.poweredHost(node);
    this.processorShares.set(`${node} ${service}`, share);
  }

  async unlimitProcessor(node: string, service: ServiceName): Promise<void> {
    this.processorShares.delete(`${node} ${service}`);
  }

  async fillRunFolder(node: string): Promise<void> {
    this.poweredHost(node).runFolderFull = true;
  }

  async freeRunFolder(node: string): Promise<void> {
    this.hostNamed(node).runFolderFull = false;
  }

  async restartEngine(): Promise<void> {
    for (const { node } of this.hosts) await this.stopNode(node.name);
  }

  async startLab(): Promise<void> {
    for (const { node } of this.hosts) await this.startNode(node.name);
  }

  async injectAppFaults(node: string, faults: AppFaults): Promise<void> {
    if (!this.poweredHost(node).up.has('app')) throw new Error(`${node}: app is down`);
    this.appFaults.set(node, faults);
  }

  async publishImages(): Promise<void> {}

  async withdrawImages(): Promise<void> {}

  async renewService(node: string, service: ServiceName): Promise<void> {
    await this.startService(node, service);
  }

  async startNode(node: string): Promise<void> {
    const host = this.hostNamed(node);
    host.power = 'on';
    SERVICE_NAMES.forEach((service) => host.up.add(service));
    this.elect();
  }

  async stopNode(node: string): Promise<void> {
    const host = this.hostNamed(node);
    host.power = 'off';
    host.up.clear();
    host.hung.clear();
    host.hasVip = false;
    host.runFolderFull = false;
    this.elect();
  }

  async killNode(node: string): Promise<void> {
    await this.stopNode(node);
  }

  async unplugNode(node: string): Promise<void> {
    this.hostNamed(node).plugged = false;
    this.elect();
  }

  async plugNode(node: string): Promise<void> {
    this.hostNamed(node).plugged = true;
    this.elect();
  }

  async isolateNode(node: string): Promise<void> {
    this.poweredHost(node).isolated = true;
    this.elect();
  }

  async rejoinNode(node: string): Promise<void> {
    this.hostNamed(node).isolated = false;
    this.elect();
  }

  /** Of what gets lost, adverts alone count here, and only where none arrives. */
  async dropPackets(node: string, share: number, { from = [] }: LossOptions = {}): Promise<void> {
    const host = this.poweredHost(node);
    host.hears = ({ address }) => share < 1 || (from.length > 0 && !from.includes(address));
    this.elect();
  }

  async dropNothing(node: string): Promise<void> {
    await this.dropPackets(node, 0);
  }

  /** keepalived goes through BACKUP, and has it again at once. */
  async takeVirtualIp(node: string): Promise<void> {
    const host = this.poweredHost(node);
    if (!host.hasVip) throw new Error(`${node} does not hold the virtual IP`);
    host.become('BACKUP');
    this.elect();
  }

  /** They are back at once. */
  async takeRules(node: string): Promise<void> {
    this.poweredHost(node);
  }

  async startForeignRouter(tier: TierName): Promise<void> {
    this.foreignRouters.add(tier);
  }

  async stopForeignRouter(tier: TierName): Promise<void> {
    this.foreignRouters.delete(tier);
  }

  async suspendNode(node: string): Promise<void> {
    const host = this.hostNamed(node);
    if (host.power === 'on') host.power = 'suspended';
    this.elect();
  }

  async resumeNode(node: string): Promise<void> {
    const host = this.hostNamed(node);
    if (host.power === 'suspended') host.power = 'on';
    this.elect();
  }

  /** keepalived's log has its transitions; the others are empty. */
  async writeLogs(
    node: string,
    service: ServiceName,
    output: NodeJS.WritableStream,
    { follow, tail, timestamps = false, signal }: LogOptions,
  ): Promise<void> {
    const { transitions, events } = this.hostNamed(node);
    const lines = service === 'keepalived' ? transitions : [];
    const timed = (line: string) => (timestamps ? `${(JSON.parse(line) as { time: string }).time} ${line}` : line);
    for (const line of lines.slice(Math.max(0, lines.length - tail))) output.write(timed(line));
    if (!follow) return;
    try {
      for await (const [line] of on(events, service, { signal })) output.write(timed(line as string));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  private elect(): void {
    for (const tier of this.cluster.tiers) {
      const hosts = this.hostsOf(tier);
      const eligible = hosts.filter((host) => host.answers && host.works('keepalived') && host.works('haproxy'));
      const incumbent = this.cluster.profile.vrrp.preempt ? undefined : eligible.find(({ hasVip }) => hasVip);
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
  }

  private secondChanceOf(hosts: Host[]): SecondChanceState {
    if (!secondChanceWanted(this.cluster)) return 'off';
    return hosts.every(({ answers }) => answers) ? 'active' : 'suspended';
  }

  /** The highest priority first. */
  private hostsOf(tier: Tier): Host[] {
    return this.hosts.filter(({ node }) => node.tier === tier.name);
  }

  private poweredHost(name: string): Host {
    const host = this.hostNamed(name);
    if (host.power !== 'on') throw new Error(`${name} is ${host.power}: ./ha-demo start node ${name}`);
    return host;
  }

  private hostNamed(name: string): Host {
    const host = this.hosts.find(({ node }) => node.name === name);
    if (!host) throw new Error(`${name} is not in this lab`);
    return host;
  }
}

/** As nodes hear him. */
function strangerIn({ virtualRouter }: Tier, atMs: number): Pick<NodeObservation, 'foreignAdverts' | 'addressClaims'> {
  const { virtualRouterId } = virtualRouter;
  return {
    foreignAdverts: [{ atMs, source: '192.168.99.130', virtualRouterId, priority: 255 }],
    addressClaims: [{ atMs, mac: '02:42:c0:a8:63:82', count: 1 }],
  };
}

class Host {
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
  readonly transitions: string[] = [];
  readonly events = new EventEmitter();

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

  asHaproxyServer(): HaproxyServer {
    const isUp = this.answers && this.works('app');
    return { name: this.node.name, status: isUp ? 'UP' : 'DOWN', check: isUp ? 'L7OK' : 'L4CON' };
  }
}
