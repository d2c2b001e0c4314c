import { setMaxListeners } from 'node:events';
import type Docker from 'dockerode';
import { type Cluster, nodesOf } from '../../cluster/cluster.js';
import type { TierName } from '../../cluster/cluster-file.js';
import { systemClock } from '../../common/clock.js';
import {
  type AdvertCounts,
  type Lab,
  type LabCapabilities,
  type LogOptions,
  type NodeConfiguration,
  type NodeObservation,
  type ObserveOptions,
  type PowerState,
  SERVICE_NAMES,
  type ServiceCondition,
  type ServiceName,
} from '../lab.js';
import type { AppFaults, LossOptions, ProcessorShare } from '../fault-ports.js';
import { countAdvertsCommand, dropPacketsCommand, FLUSH_RULES, takeVirtualIpCommand } from '../node-commands.js';
import type { ComposeProject } from './compose-project.js';
import { advertCountsIn, configurationIn, type NodeReport, observationOf, parseReport } from '../node-report.js';
import { execute } from './docker-engine.js';
import { assertRunsOnly, OwnedEngine } from './owned-engine.js';
import { startForeignRouter, stopForeignRouter } from './foreign-router.js';

/** Labels of the containers; the topology's template sets them. */
export const NODE_LABEL = 'ha-demo.node';
export const ROLE_LABEL = 'ha-demo.role';
export const PROJECT_LABEL = 'com.docker.compose.project';

/** What the services' test hook reads (src/services/test-hook). */
const APP_FAULTS_FILE = '/run/ha-demo/app-faults.json';

/** The node itself is what the others live in. */
const ROLES = [...SERVICE_NAMES, 'node'] as const;
type Role = (typeof ROLES)[number];

/** The cluster as containers of a Compose project: a node is a set of containers that share its namespaces. */
export class ComposeLab implements Lab {
  readonly capabilities: LabCapabilities;
  readonly clock = systemClock;

  constructor(
    private readonly engine: Docker,
    private readonly cluster: Cluster,
    private readonly project: ComposeProject,
  ) {
    this.capabilities = {
      // An engine takes `docker kill` for a decision of the user and leaves the container alone.
      restartsAfterCrash: false,
      // On a macvlan network all nodes share the host's own interface.
      unplugsNodes: cluster.lan.type === 'bridge',
      isolatesNodes: cluster.lan.type === 'bridge',
      upgradesImages: true,
      fillsRunFolders: true,
      restartsEngine: OwnedEngine.find() !== undefined,
      hasForeignRouters: true,
    };
  }

  async observe(options: ObserveOptions = {}): Promise<NodeObservation[]> {
    const containers = await this.containers();
    const observations: NodeObservation[] = [];
    // One after the other: a command in each of many containers at once is a burst of work that a client of the lab feels.
    for (const { name } of nodesOf(this.cluster)) observations.push(await this.observeNode(containers, name, options));
    return observations;
  }

  /** Nodes that have containers in this lab, whether cluster.yaml still names them or not. */
  async existingNodes(): Promise<string[]> {
    return [...new Set((await this.containers()).map(({ Labels }) => Labels[NODE_LABEL] ?? ''))];
  }

  /** How what is rendered for a node differs from what the node runs on. */
  async configurationOf(node: string): Promise<NodeConfiguration> {
    const containers = await this.containers();
    const [report, startedAtMs] = await Promise.all([
      this.report(containers, node, '--configuration'),
      this.startedAtMs(containers, node),
    ]);
    return configurationIn(report, startedAtMs);
  }

  async countAdverts(node: string, windowMs: number): Promise<AdvertCounts> {
    const keepalived = this.container(await this.containers(), node, 'keepalived');
    return advertCountsIn(parseReport(await execute(keepalived, countAdvertsCommand(windowMs))));
  }

  async startService(node: string, service: ServiceName): Promise<void> {
    const containers = await this.containers();
    assertOn(containers, node);
    await this.unpause(containers, node, service);
    await this.start(containers, node, service);
  }

  async stopService(node: string, service: ServiceName): Promise<void> {
    const containers = await this.containers();
    await this.unpause(containers, node, service);
    await this.stop(containers, node, service);
  }

  async killService(node: string, service: ServiceName): Promise<void> {
    await this.kill(await this.containers(), node, service);
  }

  async reloadHaproxy(node: string): Promise<void> {
    await execute(this.container(await this.containers(), node, 'haproxy'), ['reload']);
  }

  async suspendService(node: string, service: ServiceName): Promise<void> {
    const containers = await this.containers();
    assertOn(containers, node);
    await this.pause(containers, node, service);
  }

  async resumeService(node: string, service: ServiceName): Promise<void> {
    await this.unpause(await this.containers(), node, service);
  }

  async limitProcessor(node: string, service: ServiceName, { quotaMs, periodMs }: ProcessorShare): Promise<void> {
    const container = this.container(await this.containers(), node, service);
    await container.update({ CpuPeriod: periodMs * 1000, CpuQuota: quotaMs * 1000 });
  }

  /** The topology sets no limit. */
  async unlimitProcessor(node: string, service: ServiceName): Promise<void> {
    await this.container(await this.containers(), node, service).update({ CpuQuota: -1 });
  }

  /** The node's own container is there as long as the node is on; root owns the folder. */
  async fillRunFolder(node: string): Promise<void> {
    const containers = await this.containers();
    assertOn(containers, node);
    await execute(this.container(containers, node, 'node'), ['/usr/lib/ha-demo/fill-run'], 'root');
  }

  /** With the node off, the folder's content is gone. */
  async freeRunFolder(node: string): Promise<void> {
    const containers = await this.containers();
    if (powerOf(containers, node) === 'off') return;
    await execute(this.container(containers, node, 'node'), ['rm', '--force', '/run/ha-demo/filling'], 'root');
  }

  async restartEngine(): Promise<void> {
    const owned = OwnedEngine.find();
    if (!owned) throw new Error('the engine is not one that ./ha-demo has started');
    await assertRunsOnly(this.engine, this.cluster.name);
    await owned.restart();
  }

  /** Beside the nodes there is the gateway. */
  async startLab(): Promise<void> {
    for (const { Id, Labels } of await this.project.containers())
      if (Labels[ROLE_LABEL] === 'gateway') await this.engine.getContainer(Id).start().catch(unlessNothingToDo);
    for (const { name } of nodesOf(this.cluster)) await this.startNode(name);
  }

  async injectAppFaults(node: string, faults: AppFaults): Promise<void> {
    const containers = await this.containers();
    assertOn(containers, node);
    // keepalived's container may write there; the service may read.
    const write = ['bash', '-c', `printf %s "$1" >${APP_FAULTS_FILE}`, 'write', JSON.stringify(faults)];
    await execute(this.container(containers, node, 'keepalived'), write);
    await this.container(containers, node, 'app').kill({ signal: 'SIGUSR2' });
  }

  async publishImages(): Promise<void> {
    await this.project.images.publish();
  }

  async withdrawImages(): Promise<void> {
    await this.project.images.withdraw();
  }

  async renewService(node: string, service: ServiceName): Promise<void> {
    const composeService = `${node}-${service}`;
    const isCurrent = !(await this.project.outdatedServices()).includes(composeService);
    if (isCurrent && stateOf(await this.containers(), node, service) === 'running') return;
    await this.stopService(node, service);
    await this.project.compose(node, ['up', '--detach', '--no-deps', composeService]);
  }

  async startNode(node: string): Promise<void> {
    const containers = await this.containers();
    await this.resume(containers, node);
    await this.start(containers, node, 'node');
    for (const service of SERVICE_NAMES) await this.start(containers, node, service);
  }

  async stopNode(node: string): Promise<void> {
    const containers = await this.containers();
    await this.resume(containers, node);
    for (const service of SERVICE_NAMES.toReversed()) await this.stop(containers, node, service);
    await this.stop(containers, node, 'node');
  }

  /** The cable first: processes that die send goodbyes, a host without power does not. */
  async killNode(node: string): Promise<void> {
    const containers = await this.containers();
    if (powerOf(containers, node) !== 'off') {
      const { id } = this.container(containers, node, 'node');
      await this.inNetwork(`container:${id}`, ['ip', 'link', 'set', this.cluster.lan.interface, 'down']);
    }
    // None of those that die with it may be paused.
    for (const service of SERVICE_NAMES) await this.unpause(containers, node, service);
    await this.kill(containers, node, 'node');
  }

  async unplugNode(node: string): Promise<void> {
    await this.atSwitchPort(node, (port) => ['ip', 'link', 'set', port, 'down']);
  }

  async plugNode(node: string): Promise<void> {
    await this.atSwitchPort(node, (port) => ['ip', 'link', 'set', port, 'up']);
  }

  /** The port's state in the spanning tree (bridge(8)): disabled, or forwarding. */
  async isolateNode(node: string): Promise<void> {
    await this.atSwitchPort(node, (port) => ['bridge', 'link', 'set', 'dev', port, 'state', '0']);
  }

  async rejoinNode(node: string): Promise<void> {
    await this.atSwitchPort(node, (port) => ['bridge', 'link', 'set', 'dev', port, 'state', '3']);
  }

  async dropPackets(node: string, share: number, which: LossOptions = {}): Promise<void> {
    await this.inNodeNetwork(node, dropPacketsCommand(this.cluster, node, share, which));
  }

  async dropNothing(node: string): Promise<void> {
    await this.dropPackets(node, 0);
  }

  async takeVirtualIp(node: string): Promise<void> {
    await this.inNodeNetwork(node, takeVirtualIpCommand(this.cluster, node));
  }

  async takeRules(node: string): Promise<void> {
    await this.inNodeNetwork(node, FLUSH_RULES);
  }

  startForeignRouter(tier: TierName): Promise<void> {
    return startForeignRouter(this.cluster, tier);
  }

  stopForeignRouter(tier: TierName): Promise<void> {
    return stopForeignRouter(this.cluster, tier);
  }

  /** Its processes, in no order. The kernel is the host's, and goes on. */
  async suspendNode(node: string): Promise<void> {
    const containers = await this.containers();
    for (const role of ROLES) await this.pause(containers, node, role);
  }

  async resumeNode(node: string): Promise<void> {
    await this.resume(await this.containers(), node);
  }

  async writeLogs(
    node: string,
    service: ServiceName,
    output: NodeJS.WritableStream,
    { follow, tail, timestamps = false, requests = true, signal }: LogOptions,
  ): Promise<void> {
    const container = this.container(await this.containers(), node, service);
    const what = { stdout: requests || service !== 'haproxy', stderr: true, tail, timestamps };
    if (!follow) {
      const lines = await container.logs(what);
      output.write(withoutFrames(lines));
      return;
    }
    const stream = await container.logs({ ...what, follow: true, abortSignal: signal });
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

  private async resume(containers: Docker.ContainerInfo[], node: string): Promise<void> {
    for (const role of ROLES) await this.unpause(containers, node, role);
  }

  private async pause(containers: Docker.ContainerInfo[], node: string, role: Role): Promise<void> {
    if (stateOf(containers, node, role) === 'running') await this.container(containers, node, role).pause();
  }

  private async unpause(containers: Docker.ContainerInfo[], node: string, role: Role): Promise<void> {
    if (stateOf(containers, node, role) === 'paused') await this.container(containers, node, role).unpause();
  }

  private async kill(containers: Docker.ContainerInfo[], node: string, role: Role): Promise<void> {
    const container = this.container(containers, node, role);
    const state = stateOf(containers, node, role);
    if (state === 'paused')
      await container.unpause(); // the engine kills no container that is paused
    else if (state !== 'running') return;
    await container.kill();
    await container.wait();
  }

  /** The other end of the node's cable is in the host's network: the node keeps its addresses and routes. */
  private async atSwitchPort(node: string, command: (port: string) => string[]): Promise<void> {
    if (!this.capabilities.unplugsNodes) throw new Error(`${node} has no cable of its own on a macvlan network`);
    const containers = await this.containers();
    assertOn(containers, node);
    const peer = `/sys/class/net/${this.cluster.lan.interface}/iflink`;
    const index = await execute(this.container(containers, node, 'node'), ['cat', peer]);
    await this.inNetwork('host', command(`if${index.trim()}`));
  }

  private async inNodeNetwork(node: string, command: string[]): Promise<void> {
    const containers = await this.containers();
    assertOn(containers, node);
    await this.inNetwork(`container:${this.container(containers, node, 'node').id}`, command);
  }

  /** Runs a command that may change a network, with a file system of the keepalived image. */
  private async inNetwork(networkMode: string, command: string[]): Promise<void> {
    const helper = await this.engine.createContainer({
      Image: 'ha-demo/keepalived',
      Entrypoint: command,
      Tty: true,
      Labels: { [PROJECT_LABEL]: this.cluster.name },
      HostConfig: {
        NetworkMode: networkMode,
        CapDrop: ['ALL'],
        CapAdd: ['NET_ADMIN', 'NET_RAW'],
        SecurityOpt: ['no-new-privileges'],
        ReadonlyRootfs: true,
        Tmpfs: { '/tmp': '' },
      },
    });
    try {
      await helper.start();
      const { StatusCode } = (await helper.wait()) as { StatusCode: number };
      if (StatusCode === 0) return;
      const said = (await helper.logs({ stdout: true, stderr: true })).toString().trim();
      throw new Error(`${command.join(' ')}: exit code ${StatusCode}: ${said}`);
    } finally {
      await helper.remove({ force: true });
    }
  }

  private async observeNode(
    containers: Docker.ContainerInfo[],
    node: string,
    { configuration = false }: ObserveOptions,
  ): Promise<NodeObservation> {
    const power = powerOf(containers, node);
    const isAsked = configuration && power === 'on';
    const [report, startedAtMs] = await Promise.all([
      power === 'on' ? this.report(containers, node, ...(isAsked ? ['--configuration'] : [])) : [],
      isAsked ? this.startedAtMs(containers, node) : undefined,
    ]);
    const condition = (service: ServiceName) => conditionOf(stateOf(containers, node, service));
    const services = { app: condition('app'), haproxy: condition('haproxy'), keepalived: condition('keepalived') };
    const observation = observationOf(this.cluster, node, power, services, report);
    return startedAtMs ? { ...observation, configuration: configurationIn(report, startedAtMs) } : observation;
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

  private async startedAtMs(
    containers: Docker.ContainerInfo[],
    node: string,
  ): Promise<Record<'app' | 'keepalived', number>> {
    // What is not there runs on nothing old.
    const of = async (service: ServiceName) => {
      const info = find(containers, node, service);
      if (!info) return Infinity;
      const { State } = await this.engine.getContainer(info.Id).inspect();
      return Date.parse(State.StartedAt);
    };
    const [app, keepalived] = await Promise.all([of('app'), of('keepalived')]);
    return { app, keepalived };
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

function conditionOf(containerState: string): ServiceCondition {
  if (containerState === 'paused') return 'hung';
  return containerState === 'running' ? 'up' : 'down';
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
