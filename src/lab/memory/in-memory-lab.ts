import { type Cluster, nodesOf, type Tier, tierOf } from '../../cluster/cluster.js';
import type { TierName } from '../../cluster/cluster-file.js';
import { type Clock, systemClock } from '../../common/clock.js';
import { SERVICE_NAMES, type ServiceName } from '../../node/contract.js';
import { type AdvertCounts, type Lab, type LogOptions, type NodeObservation } from '../lab.js';
import type { AppFaults, LossOptions, ProcessorShare } from '../fault-ports.js';
import { elect, Host } from './host.js';
import { CAPABILITIES, TRAITS } from './in-memory-traits.js';

/** A lab without machines, for the tests of what works on labs: each change has its whole effect at once. */
export class InMemoryLab implements Lab {
  readonly traits = TRAITS;
  readonly capabilities = CAPABILITIES;
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
      const isDisturbed = this.foreignRouters.has(tier.name);
      return hosts.map((host) => host.observed(this.cluster, hosts, isDisturbed));
    });
  }

  /** One advert every millisecond. */
  async countAdverts(node: string, windowMs: number): Promise<AdvertCounts> {
    const host = this.poweredHost(node);
    return host.countAdverts(this.hostsOf(tierOf(this.cluster, host.node.tier)), windowMs);
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
    options: LogOptions,
  ): Promise<void> {
    await this.hostNamed(node).writeLog(service, output, options);
  }

  async selfHealed(): Promise<string[]> {
    return [];
  }

  async clockOffsetMs(): Promise<number> {
    return 0;
  }

  private elect(): void {
    for (const tier of this.cluster.tiers) elect(this.hostsOf(tier), this.cluster.profile.vrrp.preempt);
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
