import { type Cluster, nodesOf } from '../../cluster/cluster.js';
import { systemClock } from '../../common/clock.js';
import { waitUntilNothingIsMissing } from '../../common/wait-until.js';
import {
  type AdvertCounts,
  type Lab,
  type LogOptions,
  type NodeObservation,
  SERVICE_NAMES,
  type ServiceCondition,
  type ServiceName,
} from '../lab.js';
import type { AppFaults, LossOptions, ProcessorShare } from '../fault-ports.js';
import { countAdvertsCommand, dropPacketsCommand, FLUSH_RULES, takeVirtualIpCommand } from '../node-commands.js';
import { advertCountsIn, observationOf, parseReport } from '../node-report.js';
import { readMachine } from './machines.js';
import { type Provider, providerOf } from './provider.js';
import { NoConnectionError, quoted, Ssh } from './ssh.js';

const UNITS: Record<ServiceName, string> = { app: 'ha-demo', haproxy: 'haproxy', keepalived: 'keepalived' };

/** An emulated machine takes about a minute. */
const BOOT_WITHIN_MS = 300_000;
const SHUTDOWN_WITHIN_MS = 120_000;

/** Prints `hung CONTAINER` for each that the kernel has frozen (cgroup v2 or v1). */
const HUNG = [
  'grep -lsxE "1|FROZEN" /sys/fs/cgroup/ha-demo-*/cgroup.freeze /sys/fs/cgroup/freezer/ha-demo-*/freezer.state',
  ' | sed -E "s#.*/(ha-demo-[a-z]+)/.*#hung \\1#"',
].join('');

const IMAGES_COME_OTHERWISE = 'machines get their images from `vagrant provision`';

interface Host {
  provider: Provider;
  ssh: Ssh;
}

/** The cluster as virtual machines that Vagrant has made: a node is a machine, its services are systemd units. */
export class VagrantLab implements Lab {
  // The units say Restart=on-failure. The provider's switch does as its spanning tree says. Images come with provisioning.
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

  /** @param machinesFolder where the Vagrantfile has written how to reach the machines */
  constructor(
    private readonly cluster: Cluster,
    private readonly machinesFolder: string,
  ) {}

  async observe(): Promise<NodeObservation[]> {
    return Promise.all(nodesOf(this.cluster).map(({ name }) => this.observeNode(name)));
  }

  async countAdverts(node: string, windowMs: number): Promise<AdvertCounts> {
    const command = countAdvertsCommand(windowMs).join(' ');
    return advertCountsIn(parseReport(await this.onPoweredHost(node, `sudo runc exec ha-demo-keepalived ${command}`)));
  }

  async startService(node: string, service: ServiceName): Promise<void> {
    await this.resumeService(node, service);
    await this.onPoweredHost(node, `sudo systemctl start ${UNITS[service]}`);
  }

  async stopService(node: string, service: ServiceName): Promise<void> {
    await this.resumeService(node, service);
    await this.onPoweredHost(node, `sudo systemctl stop ${UNITS[service]}`);
  }

  /** Of the container: the unit would only lose the runc that has started it. */
  async killService(node: string, service: ServiceName): Promise<void> {
    await this.resumeService(node, service); // a frozen process does not even die
    await this.runc(node, service, ['kill'], 'KILL');
  }

  async reloadHaproxy(node: string): Promise<void> {
    await this.onPoweredHost(node, 'sudo systemctl reload haproxy');
  }

  async suspendService(node: string, service: ServiceName): Promise<void> {
    if (!(await this.hangs(node, service))) await this.runc(node, service, ['pause']);
  }

  async resumeService(node: string, service: ServiceName): Promise<void> {
    if (await this.hangs(node, service)) await this.runc(node, service, ['resume']);
  }

  /** Of the container, whose control group is none of the unit's. */
  async limitProcessor(node: string, service: ServiceName, { quotaMs, periodMs }: ProcessorShare): Promise<void> {
    const share = [`--cpu-period=${periodMs * 1000}`, `--cpu-quota=${quotaMs * 1000}`];
    if (!(await this.runc(node, service, ['update', ...share]))) throw new Error(`${node}: ${service} is down`);
  }

  /** config.json sets no limit. */
  async unlimitProcessor(node: string, service: ServiceName): Promise<void> {
    await this.runc(node, service, ['update', '--cpu-quota=-1']);
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
    const file = '/run/ha-demo/app-faults.json';
    await this.onPoweredHost(node, `echo ${quoted(JSON.stringify(faults))} | sudo tee ${file} >/dev/null`);
    if (!(await this.runc(node, 'app', ['kill'], 'USR2'))) throw new Error(`${node}: app is down`);
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
    const { provider, ssh } = await this.host(node);
    const power = await provider.power();
    if (power === 'off') await provider.powerOn();
    if (power === 'suspended') await provider.resume();
    // A machine that boots starts its units itself. To ask for it takes a slow one seconds, while it serves already.
    const start = power === 'off' ? 'true' : `sudo systemctl start ${Object.values(UNITS).join(' ')}`;
    await waitUntilNothingIsMissing(
      `${node} answers`,
      () =>
        ssh.run(start).then(
          () => [],
          (error: unknown) => {
            if (error instanceof NoConnectionError) return [error.message];
            throw error;
          },
        ),
      { deadlineMs: BOOT_WITHIN_MS },
    );
  }

  /** The units' order stops keepalived first. */
  async stopNode(node: string): Promise<void> {
    const { provider, ssh } = await this.host(node);
    const power = await provider.power();
    if (power === 'off') return;
    if (power === 'suspended') await provider.resume();
    await ssh.run('sudo systemctl --no-block poweroff').catch((error: unknown) => {
      // It may be gone before it has answered.
      if (!(error instanceof NoConnectionError)) throw error;
    });
    await waitUntilNothingIsMissing(
      `${node} is off`,
      async () => ((await provider.power()) === 'on' ? ['is running'] : []),
      {
        deadlineMs: SHUTDOWN_WITHIN_MS,
      },
    );
  }

  async killNode(node: string): Promise<void> {
    const { provider } = await this.host(node);
    if ((await provider.power()) !== 'off') await provider.powerOff();
  }

  async unplugNode(node: string): Promise<void> {
    await this.setLink(node, 'down');
  }

  async plugNode(node: string): Promise<void> {
    await this.setLink(node, 'up');
  }

  async isolateNode(node: string): Promise<void> {
    throw new Error(`${node} cannot be isolated: its switch is the provider's`);
  }

  async rejoinNode(): Promise<void> {}

  async dropPackets(node: string, share: number, which: LossOptions = {}): Promise<void> {
    await this.inKeepalived(node, dropPacketsCommand(await this.onLanInterface(node), node, share, which));
  }

  async dropNothing(node: string): Promise<void> {
    await this.dropPackets(node, 0);
  }

  async takeVirtualIp(node: string): Promise<void> {
    await this.inKeepalived(node, takeVirtualIpCommand(this.cluster, node));
  }

  async takeRules(node: string): Promise<void> {
    await this.inKeepalived(node, FLUSH_RULES);
  }

  async startForeignRouter(): Promise<void> {
    throw new Error('the LAN of the machines has no host to spare');
  }

  async stopForeignRouter(): Promise<void> {}

  async suspendNode(node: string): Promise<void> {
    const { provider } = await this.host(node);
    if ((await provider.power()) === 'on') await provider.suspend();
  }

  async resumeNode(node: string): Promise<void> {
    const { provider } = await this.host(node);
    if ((await provider.power()) === 'suspended') await provider.resume();
  }

  async writeLogs(
    node: string,
    service: ServiceName,
    output: NodeJS.WritableStream,
    { follow, tail, timestamps = false, requests = true, signal }: LogOptions,
  ): Promise<void> {
    const { ssh } = await this.host(node);
    const form = timestamps ? 'short-iso-precise' : 'cat';
    const options = ['--identifier', UNITS[service], '--output', form, '--no-pager', '--lines', tail];
    if (follow) options.push('--follow');
    // HAProxy gives them the level below.
    if (!requests && service === 'haproxy') options.push('--priority', 'notice');
    // After the time: the host, and who wrote the line.
    const strip = timestamps ? ` | sed ${follow ? '--unbuffered' : ''} -E 's/^(\\S+) \\S+ \\S+ /\\1 /'` : '';
    const command = `sudo journalctl ${options.join(' ')}${strip}`;
    if (follow) return ssh.follow(command, output, signal);
    // HAProxy's requests are many to an entry.
    await ssh.stream(`set -o pipefail; ${command} | tail --lines ${tail}`, output);
  }

  private async observeNode(node: string): Promise<NodeObservation> {
    const { provider, ssh } = await this.host(node);
    const power = await provider.power();
    const units = SERVICE_NAMES.map((service) => UNITS[service]).join(' ');
    const observe = `HA_DEMO_NODE=${node} /usr/lib/ha-demo/observe`;
    const ask = `${observe}; echo units $(systemctl is-active ${units}); ${HUNG}`;
    const report = power === 'on' ? parseReport(await ssh.run(ask).catch(nothingFrom)) : [];
    const [, ...states] = report.find(([key]) => key === 'units') ?? [];
    const hung = report.filter(([key]) => key === 'hung').map(([, container]) => container);
    const conditionOf = (service: ServiceName): ServiceCondition => {
      // A reload takes a busy machine seconds; meanwhile the old worker serves.
      if (!['active', 'reloading'].includes(states[SERVICE_NAMES.indexOf(service)] ?? '')) return 'down';
      return hung.includes(`ha-demo-${service}`) ? 'hung' : 'up';
    };
    const services = {
      app: conditionOf('app'),
      haproxy: conditionOf('haproxy'),
      keepalived: conditionOf('keepalived'),
    };
    return observationOf(this.cluster, node, power, services, report);
  }

  private async hangs(node: string, service: ServiceName): Promise<boolean> {
    const { provider, ssh } = await this.host(node);
    if ((await provider.power()) !== 'on') return false;
    return parseReport(await ssh.run(HUNG)).some(([, container]) => container === `ha-demo-${service}`);
  }

  /**
   * @param command about the service's container, such as `pause`, with its options (runc(8))
   * @returns whether there was a container to do it to
   */
  private async runc(node: string, service: ServiceName, command: string[], ...parameters: string[]): Promise<boolean> {
    const run = ['sudo runc', ...command, `ha-demo-${service}`, ...parameters].join(' ');
    const unit = UNITS[service];
    const answer = await this.onPoweredHost(
      node,
      `if systemctl --quiet is-active ${unit}; then ${run} && echo done; fi`,
    );
    return answer !== '';
  }

  /** Its image has what changes the node's network. */
  private async inKeepalived(node: string, command: string[]): Promise<void> {
    await this.onPoweredHost(node, `sudo runc exec ha-demo-keepalived ${command.map(quoted).join(' ')}`);
  }

  /** The cluster as the node sees it: the LAN's interface is known on the node alone. */
  private async onLanInterface(node: string): Promise<Cluster> {
    const ask = `. /etc/ha-demo/nodes/${node}/node.env && echo "$LAN_INTERFACE"`;
    const lanInterface = (await this.onPoweredHost(node, ask)).trim();
    return { ...this.cluster, lan: { ...this.cluster.lan, interface: lanInterface } };
  }

  /** Vagrant reaches the machine through another interface, which stays. */
  private async setLink(node: string, state: 'up' | 'down'): Promise<void> {
    const ask = `. /etc/ha-demo/nodes/${node}/node.env && cat "/sys/class/net/$LAN_INTERFACE/address"`;
    const mac = await this.onPoweredHost(node, ask);
    await (await this.host(node)).provider.setLink(mac.trim(), state);
  }

  /** @returns what it has written */
  private async onPoweredHost(node: string, command: string): Promise<string> {
    const { provider, ssh } = await this.host(node);
    const power = await provider.power();
    if (power !== 'on') throw new Error(`${node} is ${power}: ./ha-demo --lab vms start node ${node}`);
    return ssh.run(command);
  }

  private async host(node: string): Promise<Host> {
    const machine = await readMachine(this.machinesFolder, node);
    return { provider: providerOf(machine), ssh: new Ssh(node, machine, this.machinesFolder) };
  }
}

/** A machine that is still booting, or is hung or cut off, reports nothing. */
function nothingFrom(error: unknown): string {
  if (error instanceof NoConnectionError) return '';
  throw error;
}
