import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { runLogged } from '../../common/run.js';
import { SERVICE_NAMES } from '../../node/contract.js';
import type { RenderedFiles } from '../../rendering/render.js';
import type { Part } from '../update/deployment.js';
import { NODE_LABEL, PROJECT_LABEL, ROLE_LABEL, unlessNothingToDo } from './node-containers.js';
import { IMAGES } from './images.js';
import { PublishedImages } from './published-images.js';
import { DEFINITION_LABEL, parseTopology, type Topology } from './topology.js';
import { check, validate } from './validation.js';

const LAN_LABEL = 'ha-demo.lan';
const SERVICE_LABEL = 'com.docker.compose.service';

/** A folder with a cluster.yaml, its templates and the Compose files, and what is kept beside them. */
export interface Workspace {
  folder: string;
  clusterFile: string;
  templatesFolder: string;
  topologyFile: string;
  stateFolder: string;
}

export function workspaceAt(folder: string): Workspace {
  return {
    folder,
    clusterFile: join(folder, 'cluster.yaml'),
    templatesFolder: join(folder, 'config-templates'),
    topologyFile: join(folder, 'compose', 'topology.yaml'),
    stateFolder: join(folder, '.ha-demo'),
  };
}

/** The containers, networks and volumes of one lab, and the `docker compose` that makes them. */
export class ComposeProject {
  readonly images: PublishedImages;

  constructor(
    private readonly engine: Docker,
    readonly name: string,
    private readonly workspace: Workspace,
  ) {
    this.images = new PublishedImages(engine, workspace.stateFolder);
  }

  /**
   * Runs `docker compose` with these arguments on the rendered topology.
   * @param log the name of its log in `<stateFolder>/logs`, without `.log`
   * @throws CommandFailedError
   */
  async compose(log: string, args: string[], input?: string): Promise<void> {
    await runLogged('docker', [...this.composeArguments(), ...args], {
      log: join(this.workspace.stateFolder, 'logs', `${log}.log`),
      cwd: this.workspace.folder,
      ...(input !== undefined && { input }),
    });
  }

  /**
   * Replaces files in the folder that all nodes mount.
   * @param all whether there is to be nothing else of what was rendered before
   */
  async publish(files: RenderedFiles, { all = false } = {}): Promise<void> {
    const publish = ['run', '--rm', '--no-deps', '-T', 'config', 'node', 'dist/rendering/publish.js'];
    await this.compose('publish', [...publish, ...(all ? ['--all'] : [])], JSON.stringify(Object.fromEntries(files)));
  }

  /**
   * Checks what is rendered with the real binaries, the services and Compose.
   * @throws InvalidInputError with the first thing that one of them refuses
   */
  async validate(configuration: RenderedFiles, topology: string): Promise<void> {
    await validate(this.name, this.workspace, new Map([...configuration, ['topology.yaml', topology]]));
    const topologyFile = join(this.workspace.stateFolder, 'rendered', 'topology.yaml');
    await check(this.workspace, 'docker compose', [...this.composeArguments(topologyFile), 'config', '--quiet']);
  }

  async containers(): Promise<Docker.ContainerInfo[]> {
    return this.engine.listContainers({ all: true, filters: { label: [`${PROJECT_LABEL}=${this.name}`] } });
  }

  /** Starts the gateway, the only container that goes on and belongs to no node; nothing when it runs or is missing. */
  async startGateway(): Promise<void> {
    for (const { Id, Labels } of await this.containers())
      if (Labels[ROLE_LABEL] === 'gateway') await this.engine.getContainer(Id).start().catch(unlessNothingToDo);
  }

  /** What the lab's network was made for, see `lanIdentity`; undefined where there is none. */
  async lanIdentity(): Promise<string | undefined> {
    return (await this.lan())?.Labels?.[LAN_LABEL];
  }

  /** The host's interface that leads to the lab's LAN, for a `bridge` one: `br-` and the beginning of its id. */
  async bridgeInterface(): Promise<string | undefined> {
    const lan = await this.lan();
    return lan?.Driver === 'bridge' ? `br-${lan.Id.slice(0, 12)}` : undefined;
  }

  /** Compose services whose container is missing, not as the topology defines it, or not of the image of today. */
  async outdatedServices(): Promise<string[]> {
    return (await this.outdated()).map(([service]) => service);
  }

  /** What `outdatedServices` finds, as node and service; a part without a node is the gateway. */
  async outdatedParts(): Promise<Part[]> {
    return (await this.outdated()).map(([, { labels }]) => {
      const { [NODE_LABEL]: node, [ROLE_LABEL]: role } = labels;
      const service = SERVICE_NAMES.find((candidate) => candidate === role);
      return { ...(node !== undefined && { node }), ...(service && { service }) };
    });
  }

  private async outdated(): Promise<[string, Topology['services'][string]][]> {
    const topology = parseTopology(await readFile(this.workspace.topologyFile, 'utf8'));
    const containers = await this.containers();
    const ids = await this.currentImages(IMAGES);
    return Object.entries(topology.services).filter(([service, { image, labels }]) => {
      const definition = labels[DEFINITION_LABEL];
      if (definition === undefined) return false;
      const container = containers.find(({ Labels }) => Labels[SERVICE_LABEL] === service);
      return container?.Labels[DEFINITION_LABEL] !== definition || container.ImageID !== ids[image];
    });
  }

  /** Makes containers of a node that are missing, or not as they should be, and starts all of them. */
  async startNode(node: string): Promise<void> {
    const own = [node, ...SERVICE_NAMES.map((service) => `${node}-${service}`)];
    await this.compose(node, ['up', '--detach', '--no-deps', ...own]);
  }

  /** @returns image -> id that a new container gets */
  async currentImages(images: string[]): Promise<Record<string, string>> {
    const ids: Record<string, string> = {};
    for (const image of images) ids[image] = (await this.engine.getImage(image).inspect()).Id;
    return ids;
  }

  /** @param images image -> id that new containers get from now on */
  async useImages(images: Record<string, string>): Promise<void> {
    for (const [image, id] of Object.entries(images))
      await this.engine.getImage(id).tag({ repo: image, tag: 'latest' });
  }

  /** Removes everything that has this project's label: nothing is drained, since nothing stays. */
  async remove(): Promise<{ containers: number; networks: number; volumes: number }> {
    const filters = { label: [`${PROJECT_LABEL}=${this.name}`] };
    const containers = await this.containers();
    await Promise.all(
      containers.map(({ Id }) => this.engine.getContainer(Id).remove({ force: true, v: true }).catch(unlessGone)),
    );
    const networks = await this.engine.listNetworks({ filters });
    await Promise.all(networks.map(({ Id }) => this.engine.getNetwork(Id).remove().catch(unlessGone)));
    const { Volumes: volumes } = await this.engine.listVolumes({ filters });
    await Promise.all(volumes.map(({ Name }) => this.engine.getVolume(Name).remove().catch(unlessGone)));
    return { containers: containers.length, networks: networks.length, volumes: volumes.length };
  }

  /** Removes what belonged to a node that cluster.yaml does not name any more. */
  async removeNode(node: string): Promise<void> {
    const containers = (await this.containers()).filter(({ Labels }) => Labels[NODE_LABEL] === node);
    await Promise.all(
      containers.map(({ Id }) => this.engine.getContainer(Id).remove({ force: true }).catch(unlessGone)),
    );
    await this.engine.getVolume(`${this.name}_run-${node}`).remove().catch(unlessGone);
  }

  private async lan(): Promise<Docker.NetworkInspectInfo | undefined> {
    const [network] = await this.engine.listNetworks({
      filters: { label: [`${PROJECT_LABEL}=${this.name}`, LAN_LABEL] },
    });
    return network;
  }

  private composeArguments(topologyFile = this.workspace.topologyFile): string[] {
    const { folder } = this.workspace;
    return ['compose', '--project-name', this.name, '--project-directory', folder, '--file', topologyFile];
  }
}

function unlessGone(error: Error & { statusCode?: number }): void {
  if (error.statusCode !== 404) throw error;
}
