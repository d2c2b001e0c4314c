import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { InvalidInputError } from '../../common/errors.js';
import { CommandFailedError, runLogged } from '../../common/run.js';
import type { RenderedFiles } from '../../rendering/render.js';
import { writeRendered } from '../../rendering/write.js';
import { PROJECT_LABEL, ROLE_LABEL, unlessNothingToDo } from './node-containers.js';
import { IMAGES } from './images.js';
import { PublishedImages } from './published-images.js';
import { DEFINITION_LABEL, parseTopology } from './topology.js';

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

  /** Runs `docker compose ...` on the rendered topology; the log's name says what for. */
  async compose(log: string, args: string[], input?: string): Promise<void> {
    await runLogged('docker', [...this.composeArguments(), ...args], {
      log: join(this.workspace.stateFolder, 'logs', `${log}.log`),
      cwd: this.workspace.folder,
      ...(input !== undefined && { input }),
    });
  }

  /** Replaces files in the folder that all nodes mount: path -> content. */
  async publish(files: Record<string, string>): Promise<void> {
    const publish = ['run', '--rm', '--no-deps', '-T', 'config', 'node', 'dist/rendering/publish.js'];
    await this.compose('publish', publish, JSON.stringify(files));
  }

  /**
   * Checks what is rendered with the real binaries, the services and Compose.
   * @throws InvalidInputError with the first thing that one of them refuses
   */
  async validate(configuration: RenderedFiles, topology: string): Promise<void> {
    const folder = join(this.workspace.stateFolder, 'rendered');
    const topologyFile = join(folder, 'topology.yaml');
    await writeRendered(folder, new Map([...configuration, ['topology.yaml', topology]]));
    const hardened = ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--tmpfs', '/tmp'];
    const validateWith = (image: string, entrypoint: string, ...args: string[]) => [
      ...['run', '--rm', '--label', `${PROJECT_LABEL}=${this.name}`, ...hardened],
      ...['--volume', `${folder}:/etc/ha-demo:ro`, '--entrypoint', entrypoint, `ha-demo/${image}`, ...args],
    ];
    await Promise.all([
      this.check('haproxy', validateWith('haproxy', 'validate')),
      this.check('keepalived', validateWith('keepalived', 'validate')),
      this.check('the service', validateWith('service', 'node', 'dist/services/validate.js')),
      this.check('docker compose', [...this.composeArguments(topologyFile), 'config', '--quiet']),
    ]);
  }

  private async check(validator: string, dockerArguments: string[]): Promise<void> {
    const log = join(this.workspace.stateFolder, 'logs', `validate-${validator.split(' ').at(-1)}.log`);
    try {
      await runLogged('docker', dockerArguments, { log, cwd: this.workspace.folder });
    } catch (error) {
      // 125 and more: `docker run` itself has failed.
      if (!(error instanceof CommandFailedError) || error.exitCode === null || error.exitCode >= 125) throw error;
      const complaint = error.output.find((line) => line.includes('/etc/ha-demo/')) ?? error.output[0] ?? '';
      throw new InvalidInputError(
        `${validator} refuses what cluster.yaml and the templates make: ${complaint.trim()} (${log})`,
      );
    }
  }

  async containers(): Promise<Docker.ContainerInfo[]> {
    return this.engine.listContainers({ all: true, filters: { label: [`${PROJECT_LABEL}=${this.name}`] } });
  }

  /** Of what belongs to no node. */
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
    const topology = parseTopology(await readFile(this.workspace.topologyFile, 'utf8'));
    const containers = await this.containers();
    const ids = await this.currentImages(IMAGES);
    return Object.entries(topology.services)
      .filter(([service, { image, labels }]) => {
        const definition = labels[DEFINITION_LABEL];
        if (definition === undefined) return false;
        const container = containers.find(({ Labels }) => Labels[SERVICE_LABEL] === service);
        return container?.Labels[DEFINITION_LABEL] !== definition || container.ImageID !== ids[image];
      })
      .map(([service]) => service);
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
    const containers = (await this.containers()).filter(({ Labels }) => Labels['ha-demo.node'] === node);
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
