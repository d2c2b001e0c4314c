import { type Cluster, nodesOf } from '../../../cluster/cluster.js';
import type { OwnProgram } from '../../../cluster/unmanaged-hosts.js';
import type { ServiceName } from '../../../node/contract.js';
import type { AppFaults, LossOptions, ProcessorShare } from '../../fault-ports.js';
import type { AdvertCounts, Lab, LogOptions, NodeObservation } from '../../lab.js';
import { unlessNoConnection } from '../../remote.js';
import type { Hosts } from '../access.js';
import { HostLab, type HostLabKind } from '../host-lab.js';
import type { UndoSwitch } from '../undo-switch.js';
import { timedLines } from '../journal.js';
import { lossScript, noLossScript } from './own-loss.js';
import { observationIn, observeCommand } from './own-observation.js';
import { movesTo, WATCH_ADDRESSES } from './watched-addresses.js';

/** The user's programs on each host, by the services that a node has; it has no service of ha-demo's. */
export type OwnPrograms = Record<'haproxy' | 'keepalived', OwnProgram>;

/**
 * Hosts that somebody else has made a cluster of: HAProxy and keepalived are units of packages'. Nothing is installed on them, and nothing
 * changed but for the length of a fault. A node's VRRP state is seen by who has the virtual IP of the cluster's first tier.
 */
export class UnmanagedHostLab extends HostLab implements Lab {
  private readonly virtualIps: string[];

  /** @param interfaces node -> its interface on the LAN */
  constructor(
    cluster: Cluster,
    hosts: Hosts,
    private readonly programs: OwnPrograms,
    private readonly interfaces: ReadonlyMap<string, string>,
    kind: HostLabKind,
  ) {
    super(cluster, hosts, kind);
    this.virtualIps = cluster.tiers.map(({ virtualRouter: { virtualIp } }) => virtualIp);
  }

  observe(): Promise<NodeObservation[]> {
    return Promise.all(nodesOf(this.cluster).map(({ name }) => this.observeNode(name)));
  }

  async startService(node: string, service: ServiceName): Promise<void> {
    const unit = this.unitOf(node, service);
    await this.resumeService(node, service);
    // One that has died several times would not be started any more.
    await this.onHost(node, `sudo systemctl reset-failed ${unit}; sudo systemctl start ${unit}`);
  }

  async stopService(node: string, service: ServiceName): Promise<void> {
    await this.resumeService(node, service);
    await this.onHost(node, `sudo systemctl stop ${this.unitOf(node, service)}`);
  }

  async killService(node: string, service: ServiceName): Promise<void> {
    await this.signal(node, service, 'KILL');
  }

  async reloadHaproxy(node: string): Promise<void> {
    await this.onHost(node, `sudo systemctl reload ${this.programs.haproxy.unit}`);
  }

  async suspendService(node: string, service: ServiceName): Promise<void> {
    const stop = `systemctl kill --kill-who=all --signal=STOP ${this.unitOf(node, service)}`;
    await this.hangOf(node, service).setAndDo(stop, this.goOnScript(node, service));
  }

  async resumeService(node: string, service: ServiceName): Promise<void> {
    await this.hangOf(node, service).undoAndRemove(this.goOnScript(node, service));
  }

  override async startNode(node: string): Promise<void> {
    await (await this.host(node)).start([this.programs.haproxy.unit, this.programs.keepalived.unit]);
    // Nobody has to have said that they start with the host.
    for (const service of ['haproxy', 'keepalived'] as const) await this.startService(node, service);
  }

  async dropPackets(node: string, share: number, which: LossOptions = {}): Promise<void> {
    // Of a node without peers: nobody's, and not everybody's.
    if (which.from?.length === 0) return;
    const lanInterface = await this.lanInterfaceOf(node);
    const undoing = this.switchOf(node, 'loss');
    await undoing.setAndDo(lossScript(lanInterface, share, which), noLossScript());
  }

  async dropNothing(node: string): Promise<void> {
    await this.switchOf(node, 'loss').undoAndRemove(noLossScript());
  }

  /**
   * Of keepalived what the kernel does with virtual IPs, when it is followed with times: keepalived itself tells that only as far as its
   * configuration says so. Otherwise the journal of the unit.
   */
  async writeLogs(
    node: string,
    service: ServiceName,
    output: NodeJS.WritableStream,
    { follow, tail, sinceMs, timestamps = false, requests = true, signal }: LogOptions,
  ): Promise<void> {
    if (service === 'app') return;
    const unit = this.unitOf(node, service);
    const host = await this.host(node);
    if (follow && timestamps && service === 'keepalived')
      return host.follow(() => WATCH_ADDRESSES, movesTo(output, this.virtualIps[0]!), this.clock, signal);
    const target = timestamps ? timedLines((lines) => output.write(lines)) : output;
    const options = ['--unit', unit, '--output', timestamps ? 'json' : 'cat', '--no-pager', '--lines', tail];
    if (timestamps) options.push('--all');
    // HAProxy gives requests the level below.
    if (!requests && service === 'haproxy') options.push('--priority', 'notice');
    const command = (ms = sinceMs) =>
      `sudo journalctl ${options.join(' ')}${ms === undefined ? '' : ` --since @${Math.floor(ms / 1000)}`}`;
    if (follow) return host.follow((ms) => `${command(ms)} --follow`, target, this.clock, signal);
    await host.ssh.stream(command(), target);
  }

  async countAdverts(node: string): Promise<AdvertCounts> {
    throw new Error(`${node}: nothing here counts the adverts of a keepalived that is not ha-demo's`);
  }

  async limitProcessor(node: string, _service: ServiceName, _share: ProcessorShare): Promise<void> {
    throw new Error(`${node}: its units have limits of their own`);
  }

  async unlimitProcessor(): Promise<void> {}

  async injectAppFaults(node: string, _faults: AppFaults): Promise<void> {
    throw new Error(`${node}: has no service of ha-demo's`);
  }

  async takeVirtualIp(node: string): Promise<void> {
    throw new Error(`${node}: nothing here would put its virtual IP back`);
  }

  async takeRules(node: string): Promise<void> {
    throw new Error(`${node}: has no rules of ha-demo's`);
  }

  protected override async lanInterfaceOf(node: string): Promise<string> {
    return this.interfaces.get(node)!;
  }

  private async observeNode(node: string): Promise<NodeObservation> {
    const host = await this.host(node);
    const power = await host.power.state();
    const { haproxy, keepalived } = this.programs;
    const command = observeCommand(await this.lanInterfaceOf(node), [haproxy.unit, keepalived.unit]);
    const output = power === 'on' ? await host.ssh.run(command).catch(unlessNoConnection) : undefined;
    return observationIn(output, { node, power, virtualIps: this.virtualIps });
  }

  private hangOf(node: string, service: ServiceName): UndoSwitch {
    return this.switchOf(node, service === 'haproxy' ? 'hang-haproxy' : 'hang-keepalived');
  }

  /** Of one that is down there is nobody to tell. */
  private goOnScript(node: string, service: ServiceName): string {
    const unit = this.unitOf(node, service);
    return `if systemctl --quiet is-active ${unit}; then systemctl kill --kill-who=all --signal=CONT ${unit}; fi`;
  }

  /** @throws Error for the service of ha-demo's, which is not there */
  private unitOf(node: string, service: ServiceName): string {
    if (service === 'app') throw new Error(`${node}: has no service of ha-demo's`);
    return this.programs[service].unit;
  }

  private async signal(node: string, service: ServiceName, signal: string): Promise<void> {
    await this.onHost(node, `sudo systemctl kill --kill-who=all --signal=${signal} ${this.unitOf(node, service)}`);
  }

  private async onHost(node: string, command: string): Promise<void> {
    await (await this.host(node)).run(command);
  }
}
