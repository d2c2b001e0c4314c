import { type Cluster, nodesOf } from '../../cluster/cluster.js';
import { waitUntilNothingIsMissing } from '../../common/wait-until.js';
import { type Lab, type LogOptions, type NodeObservation, SERVICE_NAMES, type ServiceName } from '../lab.js';
import { observationOf, parseReport } from '../node-report.js';
import { readMachine } from './machines.js';
import { type Provider, providerOf } from './provider.js';
import { NoConnectionError, Ssh } from './ssh.js';

const UNITS: Record<ServiceName, string> = { app: 'ha-demo', haproxy: 'haproxy', keepalived: 'keepalived' };

/** An emulated machine takes about a minute. */
const BOOT_WITHIN_MS = 300_000;
const SHUTDOWN_WITHIN_MS = 120_000;

interface Host {
  provider: Provider;
  ssh: Ssh;
}

/** The cluster as virtual machines that Vagrant has made: a node is a machine, its services are systemd units. */
export class VagrantLab implements Lab {
  // The units say Restart=on-failure.
  readonly capabilities = { restartsAfterCrash: true, unplugsNodes: true };

  /** @param machinesFolder where the Vagrantfile has written how to reach the machines */
  constructor(
    private readonly cluster: Cluster,
    private readonly machinesFolder: string,
  ) {}

  async observe(): Promise<NodeObservation[]> {
    return Promise.all(nodesOf(this.cluster).map(({ name }) => this.observeNode(name)));
  }

  async startService(node: string, service: ServiceName): Promise<void> {
    await this.onPoweredHost(node, `sudo systemctl start ${UNITS[service]}`);
  }

  async stopService(node: string, service: ServiceName): Promise<void> {
    await this.onPoweredHost(node, `sudo systemctl stop ${UNITS[service]}`);
  }

  /** Of the container: the unit would only lose the client that has started it. */
  async killService(node: string, service: ServiceName): Promise<void> {
    const unit = UNITS[service];
    // The engine's own API: its client takes an emulated machine a second and a half to start.
    const request = `POST /containers/ha-demo-${service}/kill HTTP/1.0\\r\\n\\r\\n`;
    const kill = `printf '${request}' | sudo socat -t 10 - UNIX-CONNECT:/run/docker.sock`;
    const answer = await this.onPoweredHost(node, `if systemctl --quiet is-active ${unit}; then ${kill}; fi`);
    if (answer !== '' && !/^HTTP\/1\.\d 204 /.test(answer))
      throw new Error(`${node}: ${service} is not killed: ${answer}`);
  }

  async startNode(node: string): Promise<void> {
    const { provider, ssh } = await this.host(node);
    await provider.powerOn();
    const start = `sudo systemctl start ${Object.values(UNITS).join(' ')}`;
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
    if ((await provider.power()) !== 'on') return;
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
    await (await this.host(node)).provider.powerOff();
  }

  async unplugNode(node: string): Promise<void> {
    await this.setLink(node, 'down');
  }

  async plugNode(node: string): Promise<void> {
    await this.setLink(node, 'up');
  }

  async suspendNode(node: string): Promise<void> {
    await (await this.host(node)).provider.suspend();
  }

  async resumeNode(node: string): Promise<void> {
    await (await this.host(node)).provider.resume();
  }

  async writeLogs(
    node: string,
    service: ServiceName,
    output: NodeJS.WritableStream,
    { follow, tail, signal }: LogOptions,
  ): Promise<void> {
    const { ssh } = await this.host(node);
    // Not by unit: HAProxy writes to the journal itself, from a control group of the engine's.
    const options = `--identifier ${UNITS[service]} --output cat --no-pager --lines ${tail}${follow ? ' --follow' : ''}`;
    await ssh.stream(`sudo journalctl ${options}`, output, signal);
  }

  private async observeNode(node: string): Promise<NodeObservation> {
    const { provider, ssh } = await this.host(node);
    const power = await provider.power();
    const units = SERVICE_NAMES.map((service) => UNITS[service]).join(' ');
    const ask = `HA_DEMO_NODE=${node} /usr/lib/ha-demo/observe; echo units $(systemctl is-active ${units})`;
    const report = power === 'on' ? parseReport(await ssh.run(ask).catch(nothingFrom)) : [];
    const [, ...states] = report.find(([key]) => key === 'units') ?? [];
    const isUp = (service: ServiceName) => (states[SERVICE_NAMES.indexOf(service)] === 'active' ? 'up' : 'down');
    const services = { app: isUp('app'), haproxy: isUp('haproxy'), keepalived: isUp('keepalived') } as const;
    return observationOf(this.cluster, node, power, services, report);
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
    return { provider: providerOf(machine), ssh: new Ssh(node, machine) };
  }
}

/** A machine that is still booting, or is hung or cut off, reports nothing. */
function nothingFrom(error: unknown): string {
  if (error instanceof NoConnectionError) return '';
  throw error;
}
