import { type Cluster, nodesOf, withLanInterface } from '../../cluster/cluster.js';
import { systemClock } from '../../common/clock.js';
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
import type { Machines } from './machine-file.js';
import { UNITS, VagrantMachine } from './vagrant-machine.js';

const DOWN = { app: 'down', haproxy: 'down', keepalived: 'down' } as const;
const IMAGES_COME_OTHERWISE = 'machines get their images from `./ha-demo --lab vms up`';

/** The cluster as virtual machines that Vagrant has made: a node is a machine, its services are systemd units. */
export class VagrantLab implements Lab {
  // Machines have to boot, and may be emulated: an answer takes such a one's processor a third of a second.
  readonly traits = {
    kind: 'vms',
    healthyWithinMs: 300_000,
    startedWithinMs: 300_000,
    updatedWithinMs: 120_000,
    lookIntervalMs: 3_000,
    startCommand: 'vagrant up',
  };
  // The units say Restart=on-failure. The provider's switch does as its spanning tree says. Images come with `up`.
  // /run/ha-demo is a part of the machine's /run, which systemd needs as well. Machines run no engine.
  readonly capabilities = {
    restartsAfterCrash: true,
    unplugsNodes: true,
    isolatesNodes: false,
    upgradesImages: false,
    fillsRunFolders: false,
    restartsEngine: false,
    hasForeignRouters: false,
  };
  readonly clock = systemClock;

  constructor(
    private readonly cluster: Cluster,
    private readonly machines: Machines,
  ) {}

  async observe(options: ObserveOptions = {}): Promise<NodeObservation[]> {
    return Promise.all(nodesOf(this.cluster).map(({ name }) => this.observeNode(name, options)));
  }

  /** How what is rendered for a node differs from what the node runs on; undefined when it does not tell. */
  async configurationOf(node: string): Promise<NodeConfiguration | undefined> {
    return (await this.observeNode(node, { configuration: true })).configuration;
  }

  async countAdverts(node: string, windowMs: number): Promise<AdvertCounts> {
    const machine = await this.machine(node);
    return advertCountsIn(await machine.inKeepalived(countAdvertsCommand(windowMs)));
  }

  async startService(node: string, service: ServiceName): Promise<void> {
    await this.resumeService(node, service);
    await (await this.machine(node)).run(`sudo systemctl start ${UNITS[service]}`);
  }

  async stopService(node: string, service: ServiceName): Promise<void> {
    await this.resumeService(node, service);
    await (await this.machine(node)).run(`sudo systemctl stop ${UNITS[service]}`);
  }

  /** Of the container: the unit would only lose the runc that has started it. */
  async killService(node: string, service: ServiceName): Promise<void> {
    await this.resumeService(node, service); // a frozen process does not even die
    await (await this.machine(node)).runc(service, ['kill'], 'KILL');
  }

  async reloadHaproxy(node: string): Promise<void> {
    await (await this.machine(node)).run('sudo systemctl reload haproxy');
  }

  async suspendService(node: string, service: ServiceName): Promise<void> {
    const machine = await this.machine(node);
    if (!(await machine.hangs(service))) await machine.runc(service, ['pause']);
  }

  async resumeService(node: string, service: ServiceName): Promise<void> {
    const machine = await this.machine(node);
    if (await machine.hangs(service)) await machine.runc(service, ['resume']);
  }

  /** Of the container, whose control group is none of the unit's. */
  async limitProcessor(node: string, service: ServiceName, { quotaMs, periodMs }: ProcessorShare): Promise<void> {
    const share = [`--cpu-period=${periodMs * 1000}`, `--cpu-quota=${quotaMs * 1000}`];
    if (!(await (await this.machine(node)).runc(service, ['update', ...share])))
      throw new Error(`${node}: ${service} is down`);
  }

  /** config.json sets no limit. */
  async unlimitProcessor(node: string, service: ServiceName): Promise<void> {
    await (await this.machine(node)).runc(service, ['update', '--cpu-quota=-1']);
  }

  async fillRunFolder(node: string): Promise<void> {
    throw new Error(`/run/ha-demo of ${node} is a part of the machine's /run`);
  }

  async freeRunFolder(): Promise<void> {}

  async restartEngine(): Promise<void> {
    throw new Error('machines run no engine');
  }

  async startLab(): Promise<void> {
    for (const { name } of nodesOf(this.cluster)) await this.startNode(name);
  }

  async injectAppFaults(node: string, faults: AppFaults): Promise<void> {
    await (
      await this.machine(node)
    ).run(`echo ${quoted(JSON.stringify(faults))} | sudo tee ${APP_FAULTS_FILE} >/dev/null`);
    if (!(await (await this.machine(node)).runc('app', ['kill'], 'USR2'))) throw new Error(`${node}: app is down`);
  }

  async publishImages(): Promise<void> {
    throw new Error(IMAGES_COME_OTHERWISE);
  }

  async withdrawImages(): Promise<void> {
    throw new Error(IMAGES_COME_OTHERWISE);
  }

  async renewService(): Promise<void> {
    throw new Error(IMAGES_COME_OTHERWISE);
  }

  async startNode(node: string): Promise<void> {
    await (await this.machine(node)).start();
  }

  async stopNode(node: string): Promise<void> {
    await (await this.machine(node)).shutDown();
  }

  async killNode(node: string): Promise<void> {
    const { provider } = await this.machine(node);
    if ((await provider.power()) !== 'off') await provider.powerOff();
  }

  async unplugNode(node: string): Promise<void> {
    await (await this.machine(node)).setLink('down');
  }

  async plugNode(node: string): Promise<void> {
    await (await this.machine(node)).setLink('up');
  }

  async isolateNode(node: string): Promise<void> {
    throw new Error(`${node} cannot be isolated: its switch is the provider's`);
  }

  async rejoinNode(): Promise<void> {}

  async dropPackets(node: string, share: number, which: LossOptions = {}): Promise<void> {
    const machine = await this.machine(node);
    const cluster = withLanInterface(this.cluster, await machine.lanInterface());
    await machine.inKeepalived(dropPacketsCommand(interfacesOnLan(cluster, node), share, which));
  }

  async dropNothing(node: string): Promise<void> {
    await this.dropPackets(node, 0);
  }

  async takeVirtualIp(node: string): Promise<void> {
    await (await this.machine(node)).inKeepalived(takeVirtualIpCommand(this.cluster, node));
  }

  async takeRules(node: string): Promise<void> {
    await (await this.machine(node)).inKeepalived(FLUSH_RULES);
  }

  async startForeignRouter(): Promise<void> {
    throw new Error('the LAN of the machines has no host to spare');
  }

  async stopForeignRouter(): Promise<void> {}

  async suspendNode(node: string): Promise<void> {
    const { provider } = await this.machine(node);
    if ((await provider.power()) === 'on') await provider.suspend();
  }

  async resumeNode(node: string): Promise<void> {
    const { provider } = await this.machine(node);
    if ((await provider.power()) === 'suspended') await provider.resume();
  }

  async writeLogs(
    node: string,
    service: ServiceName,
    output: NodeJS.WritableStream,
    { follow, tail, sinceMs, timestamps = false, requests = true, signal }: LogOptions,
  ): Promise<void> {
    const machine = await this.machine(node);
    const form = timestamps ? 'json' : 'cat';
    const target = timestamps ? timedLines((lines) => output.write(lines)) : output;
    const options = ['--identifier', UNITS[service], '--output', form, '--no-pager', '--lines', tail];
    // Without it an entry of more than 4096 bytes has no text in JSON (journalctl(1)).
    if (timestamps) options.push('--all');
    // HAProxy gives them the level below.
    if (!requests && service === 'haproxy') options.push('--priority', 'notice');
    const command = (ms = sinceMs) =>
      `sudo journalctl ${options.join(' ')}${ms === undefined ? '' : ` --since @${Math.floor(ms / 1000)}`}`;
    if (follow) return machine.follow((ms) => `${command(ms)} --follow`, target, this.clock, signal);
    // HAProxy's requests are many to an entry.
    await machine.ssh.stream(`set -o pipefail; ${command()} | tail --lines ${tail}`, target);
  }

  async clockOffsetMs(node: string): Promise<number> {
    return (await this.machine(node)).clockOffsetMs(this.clock);
  }

  private async observeNode(node: string, { configuration = false }: ObserveOptions): Promise<NodeObservation> {
    const machine = await this.machine(node);
    const power = await machine.provider.power();
    if (power !== 'on') return observationOf(this.cluster, node, power, DOWN, {});
    const { told, units, startedAtMs } = await machine.report({ configuration });
    const observation = observationOf(this.cluster, node, power, units, told);
    const seen = configurationIn(told, { app: startedAtMs('app'), keepalived: startedAtMs('keepalived') });
    return seen ? { ...observation, configuration: seen } : observation;
  }

  machine(node: string): Promise<VagrantMachine> {
    return VagrantMachine.of(node, this.machines);
  }
}
