import { type Cluster, nodesOf, withLanInterface } from '../../cluster/cluster.js';
import { APP_FAULTS_FILE, type ServiceName } from '../../node/contract.js';
import {
  type AdvertCounts,
  type Lab,
  type LogOptions,
  type NodeConfiguration,
  type NodeObservation,
  type ObserveOptions,
} from '../lab.js';
import type { AppFaults, LossOptions, ProcessorShare } from '../fault-ports.js';
import {
  countAdvertsCommand,
  dropPacketsCommand,
  FLUSH_RULES,
  interfacesOnLan,
  takeVirtualIpCommand,
} from '../node-commands.js';
import { advertCountsIn, configurationIn, observationOf } from '../node-report.js';
import { quoted } from '../remote.js';
import { timedLines } from './journal.js';
import type { Hosts } from './access.js';
import { UNITS } from './host.js';
import { HostLab, type HostLabKind } from './host-lab.js';
import { IMAGES_FOLDER } from './host-script.js';

const DOWN = { app: 'down', haproxy: 'down', keepalived: 'down' } as const;

/** The cluster on hosts: a node is a host, its services are systemd units that run the images' files. */
export class ManagedHostLab extends HostLab implements Lab {
  constructor(cluster: Cluster, hosts: Hosts, kind: HostLabKind) {
    super(cluster, hosts, kind);
  }

  async observe(options: ObserveOptions = {}): Promise<NodeObservation[]> {
    return Promise.all(nodesOf(this.cluster).map(({ name }) => this.observeNode(name, options)));
  }

  /** How what is rendered for a node differs from what the node runs on; undefined when it does not tell. */
  async configurationOf(node: string): Promise<NodeConfiguration | undefined> {
    return (await this.observeNode(node, { configuration: true })).configuration;
  }

  async countAdverts(node: string, windowMs: number): Promise<AdvertCounts> {
    const host = await this.host(node);
    return advertCountsIn(await host.inKeepalived(countAdvertsCommand(windowMs)));
  }

  async startService(node: string, service: ServiceName): Promise<void> {
    await this.resumeService(node, service);
    await (await this.host(node)).run(`sudo systemctl start ${UNITS[service]}`);
  }

  async stopService(node: string, service: ServiceName): Promise<void> {
    await this.resumeService(node, service);
    await (await this.host(node)).run(`sudo systemctl stop ${UNITS[service]}`);
  }

  /** Of the container: the unit would only lose the runc that has started it. */
  async killService(node: string, service: ServiceName): Promise<void> {
    await this.resumeService(node, service); // a frozen process does not even die
    await (await this.host(node)).runc(service, ['kill'], 'KILL');
  }

  async reloadHaproxy(node: string): Promise<void> {
    await (await this.host(node)).run('sudo systemctl reload haproxy');
  }

  async suspendService(node: string, service: ServiceName): Promise<void> {
    const host = await this.host(node);
    if (!(await host.hangs(service))) await host.runc(service, ['pause']);
  }

  async resumeService(node: string, service: ServiceName): Promise<void> {
    const host = await this.host(node);
    if (await host.hangs(service)) await host.runc(service, ['resume']);
  }

  /** Of the container, whose control group is none of the unit's. */
  async limitProcessor(node: string, service: ServiceName, { quotaMs, periodMs }: ProcessorShare): Promise<void> {
    const share = [`--cpu-period=${periodMs * 1000}`, `--cpu-quota=${quotaMs * 1000}`];
    if (!(await (await this.host(node)).runc(service, ['update', ...share])))
      throw new Error(`${node}: ${service} is down`);
  }

  /** config.json sets no limit. */
  async unlimitProcessor(node: string, service: ServiceName): Promise<void> {
    await (await this.host(node)).runc(service, ['update', '--cpu-quota=-1']);
  }

  async injectAppFaults(node: string, faults: AppFaults): Promise<void> {
    await (
      await this.host(node)
    ).run(`echo ${quoted(JSON.stringify(faults))} | sudo tee ${APP_FAULTS_FILE} >/dev/null`);
    if (!(await (await this.host(node)).runc('app', ['kill'], 'USR2'))) throw new Error(`${node}: app is down`);
  }

  async dropPackets(node: string, share: number, which: LossOptions = {}): Promise<void> {
    const cluster = withLanInterface(this.cluster, await this.lanInterfaceOf(node));
    const interfaces = interfacesOnLan(cluster, node);
    const undo = dropPacketsScript(interfaces, 0);
    const undoing = this.switchOf(node, 'loss');
    await (share === 0
      ? undoing.undoAndRemove(undo)
      : undoing.setAndDo(dropPacketsScript(interfaces, share, which), undo));
  }

  async dropNothing(node: string): Promise<void> {
    await this.dropPackets(node, 0);
  }

  async takeVirtualIp(node: string): Promise<void> {
    await (await this.host(node)).inKeepalived(takeVirtualIpCommand(this.cluster, node));
  }

  async takeRules(node: string): Promise<void> {
    await (await this.host(node)).inKeepalived(FLUSH_RULES);
  }

  async writeLogs(
    node: string,
    service: ServiceName,
    output: NodeJS.WritableStream,
    { follow, tail, sinceMs, timestamps = false, requests = true, signal }: LogOptions,
  ): Promise<void> {
    const host = await this.host(node);
    const form = timestamps ? 'json' : 'cat';
    const target = timestamps ? timedLines((lines) => output.write(lines)) : output;
    const options = ['--identifier', UNITS[service], '--output', form, '--no-pager', '--lines', tail];
    // Without it an entry of more than 4096 bytes has no text in JSON (journalctl(1)).
    if (timestamps) options.push('--all');
    // HAProxy gives them the level below.
    if (!requests && service === 'haproxy') options.push('--priority', 'notice');
    const command = (ms = sinceMs) =>
      `sudo journalctl ${options.join(' ')}${ms === undefined ? '' : ` --since @${Math.floor(ms / 1000)}`}`;
    if (follow) return host.follow((ms) => `${command(ms)} --follow`, target, this.clock, signal);
    // HAProxy's requests are many to an entry.
    await host.ssh.stream(`set -o pipefail; ${command()} | tail --lines ${tail}`, target);
  }

  private async observeNode(node: string, { configuration = false }: ObserveOptions): Promise<NodeObservation> {
    const host = await this.host(node);
    const power = await host.power.state();
    if (power !== 'on') return observationOf(this.cluster, node, power, DOWN, {});
    const { told, units, startedAtMs } = await host.report({ configuration });
    const observation = observationOf(this.cluster, node, power, units, told);
    const seen = configurationIn(told, { app: startedAtMs('app'), keepalived: startedAtMs('keepalived') });
    return seen ? { ...observation, configuration: seen } : observation;
  }

  protected override async lanInterfaceOf(node: string): Promise<string> {
    return (await this.host(node)).lanInterface();
  }
}

/**
 * Of keepalived's image; in its container, or while that does not run in its files alone: the rules are the host's own.
 * @returns a line for bash, as root
 */
function dropPacketsScript(interfaces: string[], share: number, which: LossOptions = {}): string {
  const command = dropPacketsCommand(interfaces, share, which).map(quoted).join(' ');
  return `runc exec ha-demo-keepalived ${command} 2>/dev/null || chroot ${IMAGES_FOLDER}/keepalived ${command}`;
}
