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
  readonly capabilities = { restartsAfterCrash: true };

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
    const kill = `sudo docker kill --signal KILL ha-demo-${service}`;
    await this.onPoweredHost(node, `if systemctl --quiet is-active ${unit}; then ${kill} >/dev/null; fi`);
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
    if (!(await provider.isRunning())) return;
    await ssh.run('sudo systemctl --no-block poweroff').catch((error: unknown) => {
      // It may be gone before it has answered.
      if (!(error instanceof NoConnectionError)) throw error;
    });
    await waitUntilNothingIsMissing(
      `${node} is off`,
      async () => ((await provider.isRunning()) ? ['is running'] : []),
      {
        deadlineMs: SHUTDOWN_WITHIN_MS,
      },
    );
  }

  async killNode(node: string): Promise<void> {
    await (await this.host(node)).provider.powerOff();
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
    const powered = await provider.isRunning();
    const units = SERVICE_NAMES.map((service) => UNITS[service]).join(' ');
    // is-active fails when one of them is not.
    const ask = `HA_DEMO_NODE=${node} /usr/lib/ha-demo/observe; systemctl is-active ${units} | sed 's/^/unit /'`;
    const report = powered ? parseReport(await ssh.run(ask).catch(nothingFrom)) : [];
    const states = report.filter(([key]) => key === 'unit').map(([, state]) => state);
    const isUp = (service: ServiceName) => (states[SERVICE_NAMES.indexOf(service)] === 'active' ? 'up' : 'down');
    const services = { app: isUp('app'), haproxy: isUp('haproxy'), keepalived: isUp('keepalived') } as const;
    return observationOf(this.cluster, node, powered, services, report);
  }

  private async onPoweredHost(node: string, command: string): Promise<void> {
    const { provider, ssh } = await this.host(node);
    if (!(await provider.isRunning())) throw new Error(`${node} is off: ./ha-demo --lab vms start node ${node}`);
    await ssh.run(command);
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
