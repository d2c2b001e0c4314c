import { setMaxListeners } from 'node:events';
import type Docker from 'dockerode';
import { type Cluster, nodesOf } from '../../cluster/cluster.js';
import {
  type Lab,
  type LabCapabilities,
  type LogOptions,
  type NodeObservation,
  type PowerState,
  SERVICE_NAMES,
  type ServiceName,
} from '../lab.js';
import { type NodeReport, observationOf, parseReport, valueOf } from '../node-report.js';
import { execute } from './docker-engine.js';

/** Labels of the containers; the topology's template sets them. */
export const NODE_LABEL = 'ha-demo.node';
export const ROLE_LABEL = 'ha-demo.role';
export const PROJECT_LABEL = 'com.docker.compose.project';

/** The node itself is what the others live in. */
const ROLES = [...SERVICE_NAMES, 'node'] as const;
type Role = (typeof ROLES)[number];

export interface NodeConfiguration {
  /** Of the rendered files, see `digestOf`. */
  digest: string;
  /** Services that run on an older configuration than the rendered one. */
  stale: ServiceName[];
}

/** The cluster as containers of a Compose project: a node is a set of containers that share its namespaces. */
export class ComposeLab implements Lab {
  readonly capabilities: LabCapabilities;

  constructor(
    private readonly engine: Docker,
    private readonly cluster: Cluster,
  ) {
    this.capabilities = {
      // An engine takes `docker kill` for a decision of the user and leaves the container alone.
      restartsAfterCrash: false,
      // On a macvlan network all nodes share the host's own interface.
      unplugsNodes: cluster.lan.type === 'bridge',
    };
  }

  async observe(): Promise<NodeObservation[]> {
    const containers = await this.containers();
    const observations: NodeObservation[] = [];
    // One after the other: a command in each of many containers at once is a burst of work that a client of the lab feels.
    for (const { name } of nodesOf(this.cluster)) observations.push(await this.observeNode(containers, name));
    return observations;
  }

  /** Nodes that have containers in this lab, whether cluster.yaml still names them or not. */
  async existingNodes(): Promise<string[]> {
    return [...new Set((await this.containers()).map(({ Labels }) => Labels[NODE_LABEL] ?? ''))];
  }

  /** How what is rendered for a node differs from what the node runs on. */
  async configurationOf(node: string): Promise<NodeConfiguration> {
    const containers = await this.containers();
    const report = await this.report(containers, node, '--configuration');
    const renderedAtMs = (file: string) =>
      Number(report.find(([key, name]) => key === 'rendered' && name === file)?.[2] ?? 0) * 1000;
    const [appStartedAtMs, keepalivedStartedAtMs] = await Promise.all(
      (['app', 'keepalived'] as const).map((service) => this.startedAtMs(containers, node, service)),
    );
    const stale: ServiceName[] = [];
    if (appStartedAtMs! < renderedAtMs('service.json')) stale.push('app');
    if (report.some(([key, name]) => key === 'stale' && name === 'haproxy')) stale.push('haproxy');
    if (keepalivedStartedAtMs! < Math.max(renderedAtMs('keepalived.conf'), renderedAtMs('node.env')))
      stale.push('keepalived');
    return { digest: valueOf(report, 'digest'), stale };
  }

  async startService(node: string, service: ServiceName): Promise<void> {
    const containers = await this.containers();
    assertOn(containers, node);
    await this.start(containers, node, service);
  }

  async stopService(node: string, service: ServiceName): Promise<void> {
    await this.stop(await this.containers(), node, service);
  }

  async killService(node: string, service: ServiceName): Promise<void> {
    await this.kill(await this.containers(), node, service);
  }

  async startNode(node: string): Promise<void> {
    const containers = await this.containers();
    await this.start(containers, node, 'node');
    for (const service of SERVICE_NAMES) await this.start(containers, node, service);
  }

  async stopNode(node: string): Promise<void> {
    const containers = await this.containers();
    for (const service of SERVICE_NAMES.toReversed()) await this.stop(containers, node, service);
    await this.stop(containers, node, 'node');
  }

  /** The cable first: processes that die send goodbyes, a host without power does not. */
  async killNode(node: string): Promise<void> {
    const containers = await this.containers();
    if (powerOf(containers, node) === 'on') {
      const { id } = this.container(containers, node, 'node');
      await this.setLink(`container:${id}`, this.cluster.lan.interface, 'down');
    }
    await this.kill(containers, node, 'node');
  }

  async unplugNode(node: string): Promise<void> {
    await this.setCarrier(node, 'down');
  }

  async plugNode(node: string): Promise<void> {
    await this.setCarrier(node, 'up');
  }

  /** Its processes, in no order. The kernel is the host's, and goes on. */
  async suspendNode(node: string): Promise<void> {
    const containers = await this.containers();
    for (const role of ROLES)
      if (stateOf(containers, node, role) === 'running') await this.container(containers, node, role).pause();
  }

  async resumeNode(node: string): Promise<void> {
    const containers = await this.containers();
    for (const role of ROLES)
      if (stateOf(containers, node, role) === 'paused') await this.container(containers, node, role).unpause();
  }

  async reloadHaproxy(node: string): Promise<void> {
    await execute(this.container(await this.containers(), node, 'haproxy'), ['reload']);
  }

  async writeLogs(
    node: string,
    service: ServiceName,
    output: NodeJS.WritableStream,
    { follow, tail, signal }: LogOptions,
  ): Promise<void> {
    const container = this.container(await this.containers(), node, service);
    if (!follow) {
      const lines = await container.logs({ stdout: true, stderr: true, tail });
      output.write(withoutFrames(lines));
      return;
    }
    const stream = await container.logs({ stdout: true, stderr: true, tail, follow: true, abortSignal: signal });
    setMaxListeners(0, signal);
    container.modem.demuxStream(stream, output, output);
    await new Promise<void>((resolve, reject) => {
      stream.once('end', resolve);
      stream.once('close', resolve);
      stream.once('error', (error) => (signal.aborted ? resolve() : reject(error)));
    });
  }

  private async containers(): Promise<Docker.ContainerInfo[]> {
    return this.engine.listContainers({
      all: true,
      filters: { label: [`${PROJECT_LABEL}=${this.cluster.name}`, NODE_LABEL] },
    });
  }

  private container(containers: Docker.ContainerInfo[], node: string, role: Role): Docker.Container {
    const info = find(containers, node, role);
    if (!info) throw new Error(`${node} has no ${role} in this lab: ./ha-demo up`);
    return this.engine.getContainer(info.Id);
  }

  private async start(containers: Docker.ContainerInfo[], node: string, role: Role): Promise<void> {
    await this.container(containers, node, role).start().catch(unlessNothingToDo);
  }

  private async stop(containers: Docker.ContainerInfo[], node: string, role: Role): Promise<void> {
    await this.container(containers, node, role).stop().catch(unlessNothingToDo);
  }

  private async kill(containers: Docker.ContainerInfo[], node: string, role: Role): Promise<void> {
    const container = this.container(containers, node, role);
    if (stateOf(containers, node, role) !== 'running') return;
    await container.kill();
    await container.wait();
  }

  /** At the other end of the node's cable, which is in the host's network: the node keeps its addresses and routes. */
  private async setCarrier(node: string, state: 'up' | 'down'): Promise<void> {
    if (!this.capabilities.unplugsNodes) throw new Error(`${node} has no cable of its own on a macvlan network`);
    const containers = await this.containers();
    assertOn(containers, node);
    const peer = `/sys/class/net/${this.cluster.lan.interface}/iflink`;
    const index = await execute(this.container(containers, node, 'node'), ['cat', peer]);
    await this.setLink('host', `if${index.trim()}`, state);
  }

  private async setLink(networkMode: string, link: string, state: 'up' | 'down'): Promise<void> {
    const helper = await this.engine.createContainer({
      Image: 'ha-demo/keepalived',
      Entrypoint: ['ip', 'link', 'set', link, state],
      Labels: { [PROJECT_LABEL]: this.cluster.name },
      HostConfig: {
        NetworkMode: networkMode,
        CapDrop: ['ALL'],
        CapAdd: ['NET_ADMIN'],
        SecurityOpt: ['no-new-privileges'],
        ReadonlyRootfs: true,
      },
    });
    try {
      await helper.start();
      const { StatusCode } = (await helper.wait()) as { StatusCode: number };
      if (StatusCode !== 0) throw new Error(`ip link set ${link} ${state}: exit code ${StatusCode}`);
    } finally {
      await helper.remove({ force: true });
    }
  }

  private async observeNode(containers: Docker.ContainerInfo[], node: string): Promise<NodeObservation> {
    const power = powerOf(containers, node);
    const isUp = (service: ServiceName) => (stateOf(containers, node, service) === 'running' ? 'up' : 'down');
    const report = power === 'on' ? await this.report(containers, node) : [];
    const services = { app: isUp('app'), haproxy: isUp('haproxy'), keepalived: isUp('keepalived') } as const;
    return observationOf(this.cluster, node, power, services, report);
  }

  private async report(containers: Docker.ContainerInfo[], node: string, ...options: string[]): Promise<NodeReport> {
    const command = ['/usr/lib/ha-demo/observe', ...options];
    const output = await execute(this.container(containers, node, 'node'), command).catch((error: unknown) => {
      // A node that goes down while it is asked is off, not an error.
      if (isGone(error)) return '';
      throw error;
    });
    return parseReport(output);
  }

  private async startedAtMs(containers: Docker.ContainerInfo[], node: string, service: ServiceName): Promise<number> {
    const { State } = await this.container(containers, node, service).inspect();
    return Date.parse(State.StartedAt);
  }
}

function find(containers: Docker.ContainerInfo[], node: string, role: Role): Docker.ContainerInfo | undefined {
  return containers.find(({ Labels }) => Labels[NODE_LABEL] === node && Labels[ROLE_LABEL] === role);
}

function powerOf(containers: Docker.ContainerInfo[], node: string): PowerState {
  const state = stateOf(containers, node, 'node');
  if (state === 'paused') return 'suspended';
  return state === 'running' ? 'on' : 'off';
}

/** @throws Error when the node is off or suspended */
function assertOn(containers: Docker.ContainerInfo[], node: string): void {
  const power = powerOf(containers, node);
  if (power !== 'on') throw new Error(`${node} is ${power}: ./ha-demo start node ${node}`);
}

function stateOf(containers: Docker.ContainerInfo[], node: string, role: Role): string {
  return find(containers, node, role)?.State ?? 'missing';
}

/** 304: the container is already started, or already stopped. */
function unlessNothingToDo(error: Error & { statusCode?: number }): void {
  if (error.statusCode !== 304) throw error;
}

/** 404: removed. 409: not running. */
function isGone(error: unknown): boolean {
  const { statusCode } = error as { statusCode?: number };
  return statusCode === 404 || statusCode === 409;
}

/** Engine API, "Stream format": frames of 8 bytes (kind, length) and content. */
function withoutFrames(framed: Buffer): Buffer {
  const contents: Buffer[] = [];
  for (let offset = 0; offset + 8 <= framed.length;) {
    const end = offset + 8 + framed.readUInt32BE(offset + 4);
    contents.push(framed.subarray(offset + 8, end));
    offset = end;
  }
  return Buffer.concat(contents);
}
