import type Docker from 'dockerode';
import { type Cluster, nodesOf } from '../../cluster/cluster.js';
import type { TierName } from '../../cluster/cluster-file.js';
import { systemClock } from '../../common/clock.js';
import { SERVICE_NAMES, type ServiceName } from '../../node/contract.js';
import {
  type AdvertCounts,
  type Lab,
  type LabCapabilities,
  type LogOptions,
  type NodeConfiguration,
  type NodeObservation,
  type ObserveOptions,
} from '../lab.js';
import type { AppFaults, LossOptions, ProcessorShare } from '../fault-ports.js';
import { countAdvertsCommand, FLUSH_RULES, takeVirtualIpCommand } from '../node-commands.js';
import { advertCountsIn } from '../node-report.js';
import { capabilitiesOf, TRAITS } from './compose-traits.js';
import type { ComposeProject } from './compose-project.js';
import { writeContainerLogs } from './container-logs.js';
import { execute } from './docker-engine.js';
import { startForeignRouter, stopForeignRouter } from './foreign-router.js';
import { NodeContainers } from './node-containers.js';
import { interfacesOf, NodeNetwork } from './node-network.js';
import { configurationOf, observeNode } from './node-observation.js';
import { type OwnedEngine, restartOwnedEngine } from './owned-engine.js';
import { fillRunFolder, freeRunFolder, injectAppFaults } from './run-folder.js';

/** The cluster as containers of a Compose project: a node is a set of containers that share its namespaces. */
export class ComposeLab implements Lab {
  readonly traits = TRAITS;
  readonly capabilities: LabCapabilities;
  readonly clock = systemClock;
  private readonly network: NodeNetwork;

  constructor(
    private readonly engine: Docker,
    private readonly cluster: Cluster,
    private readonly project: ComposeProject,
    private readonly ownedEngine?: OwnedEngine,
    interfaces = interfacesOf(cluster),
  ) {
    this.network = new NodeNetwork(engine, cluster, interfaces);
    this.capabilities = capabilitiesOf(cluster, ownedEngine);
  }

  async observe(options: ObserveOptions = {}): Promise<NodeObservation[]> {
    const containers = await this.containers();
    const observations: NodeObservation[] = [];
    // One after the other: a command in each of many containers at once is a burst of work that a client of the lab feels.
    for (const { name } of nodesOf(this.cluster))
      observations.push(await observeNode(this.cluster, containers, name, options));
    return observations;
  }

  /** Nodes that have containers in this lab, whether cluster.yaml still names them or not. */
  async existingNodes(): Promise<string[]> {
    return (await this.containers()).nodes();
  }

  /** How what is rendered for a node differs from what the node runs on. */
  async configurationOf(node: string): Promise<NodeConfiguration | undefined> {
    return configurationOf(await this.containers(), node);
  }

  async countAdverts(node: string, windowMs: number): Promise<AdvertCounts> {
    const keepalived = (await this.containers()).container(node, 'keepalived');
    return advertCountsIn(await execute(keepalived, countAdvertsCommand(windowMs)));
  }

  async startService(node: string, service: ServiceName): Promise<void> {
    const containers = await this.containers();
    containers.assertOn(node);
    await containers.unpause(node, service);
    await containers.start(node, service);
  }

  async stopService(node: string, service: ServiceName): Promise<void> {
    const containers = await this.containers();
    await containers.unpause(node, service);
    await containers.stop(node, service);
  }

  async killService(node: string, service: ServiceName): Promise<void> {
    await (await this.containers()).kill(node, service);
  }

  async reloadHaproxy(node: string): Promise<void> {
    await execute((await this.containers()).container(node, 'haproxy'), ['reload']);
  }

  async suspendService(node: string, service: ServiceName): Promise<void> {
    const containers = await this.containers();
    containers.assertOn(node);
    await containers.pause(node, service);
  }

  async resumeService(node: string, service: ServiceName): Promise<void> {
    await (await this.containers()).unpause(node, service);
  }

  async limitProcessor(node: string, service: ServiceName, { quotaMs, periodMs }: ProcessorShare): Promise<void> {
    const container = (await this.containers()).container(node, service);
    await container.update({ CpuPeriod: periodMs * 1000, CpuQuota: quotaMs * 1000 });
  }

  /** The topology sets no limit. */
  async unlimitProcessor(node: string, service: ServiceName): Promise<void> {
    await (await this.containers()).container(node, service).update({ CpuQuota: -1 });
  }

  async fillRunFolder(node: string): Promise<void> {
    await fillRunFolder(await this.containers(), node);
  }

  async freeRunFolder(node: string): Promise<void> {
    await freeRunFolder(await this.containers(), node);
  }

  async restartEngine(): Promise<void> {
    await restartOwnedEngine(this.engine, this.ownedEngine, this.cluster.name);
  }

  /** Beside the nodes there is the gateway. */
  async startLab(): Promise<void> {
    await this.project.startGateway();
    for (const { name } of nodesOf(this.cluster)) await this.startNode(name);
  }

  async injectAppFaults(node: string, faults: AppFaults): Promise<void> {
    await injectAppFaults(await this.containers(), node, faults);
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
    if (isCurrent && (await this.containers()).isRunning(node, service)) return;
    await this.stopService(node, service);
    await this.project.compose(node, ['up', '--detach', '--no-deps', composeService]);
  }

  async startNode(node: string): Promise<void> {
    const containers = await this.containers();
    await containers.unpauseNode(node);
    await containers.start(node, 'node');
    for (const service of SERVICE_NAMES) await containers.start(node, service);
  }

  async stopNode(node: string): Promise<void> {
    const containers = await this.containers();
    await containers.unpauseNode(node);
    for (const service of SERVICE_NAMES.toReversed()) await containers.stop(node, service);
    await containers.stop(node, 'node');
  }

  /** The cable first: processes that die send goodbyes, a host without power does not. */
  async killNode(node: string): Promise<void> {
    const containers = await this.containers();
    if (containers.powerOf(node) !== 'off') await this.network.cutOff(node);
    // None of those that die with it may be paused.
    for (const service of SERVICE_NAMES) await containers.unpause(node, service);
    await containers.kill(node, 'node');
  }

  async unplugNode(node: string): Promise<void> {
    await this.network.setCable(node, 'down');
  }

  async plugNode(node: string): Promise<void> {
    await this.network.setCable(node, 'up');
  }

  async isolateNode(node: string): Promise<void> {
    await this.network.setForwarding(node, 'disabled');
  }

  async rejoinNode(node: string): Promise<void> {
    await this.network.setForwarding(node, 'forwarding');
  }

  async dropPackets(node: string, share: number, which: LossOptions = {}): Promise<void> {
    await this.network.dropPackets(node, share, which);
  }

  async dropNothing(node: string): Promise<void> {
    await this.dropPackets(node, 0);
  }

  async takeVirtualIp(node: string): Promise<void> {
    await this.network.inNode(node, takeVirtualIpCommand(this.cluster, node));
  }

  async takeRules(node: string): Promise<void> {
    await this.network.inNode(node, FLUSH_RULES);
  }

  startForeignRouter(tier: TierName): Promise<void> {
    return startForeignRouter(this.cluster, tier);
  }

  stopForeignRouter(tier: TierName): Promise<void> {
    return stopForeignRouter(this.cluster, tier);
  }

  async suspendNode(node: string): Promise<void> {
    await (await this.containers()).pauseNode(node);
  }

  async resumeNode(node: string): Promise<void> {
    await (await this.containers()).unpauseNode(node);
  }

  async writeLogs(
    node: string,
    service: ServiceName,
    output: NodeJS.WritableStream,
    options: LogOptions,
  ): Promise<void> {
    // HAProxy writes its requests there, and nothing else.
    const stdout = options.requests !== false || service !== 'haproxy';
    const find = async () => {
      const containers = await this.containers();
      return { container: containers.container(node, service), isRunning: containers.isRunning(node, service) };
    };
    await writeContainerLogs(find, { stdout, stderr: true }, output, options, this.clock);
  }

  /** Containers are always reached. */
  async selfHealed(): Promise<string[]> {
    return [];
  }

  /** A node has its host's clock. */
  async clockOffsetMs(): Promise<number> {
    return 0;
  }

  private containers(): Promise<NodeContainers> {
    return NodeContainers.ofLab(this.engine, this.cluster);
  }
}
