import type Docker from 'dockerode';
import type { Cluster } from '../../cluster/cluster.js';
import { NODE_LABEL, PROJECT_LABEL, ROLE_LABEL } from './node-containers.js';
import { docker } from './docker-command.js';

const LOAD_IMAGE = 'ha-demo/bench';
/** Of a container in a node: which of the node's own it stands for, such as `frontend-01 app`. */
const STANDS_FOR_LABEL = 'ha-demo.stands-for';
export const HARDENED = ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--read-only'];

/** What wrk has measured; see docker/bench/report.lua. */
export interface WrkResult {
  requests: number;
  durationUs: number;
  /** Connections, reads, writes, time-outs, and answers of 400 and more. */
  errors: number;
  p50Us: number;
  p90Us: number;
  p99Us: number;
  maxUs: number;
}

export interface WrkLoad {
  /** `address:port`; each of two threads asks one of them. */
  targets: string[];
  path: string;
  /** Kept open, as many requests are under way at a time. */
  connections: number;
  durationSeconds: number;
}

/** Processor time and memory of a node's container, with what stands for it meanwhile added. */
export interface ContainerUsage {
  node: string;
  /** `app`, `haproxy`, `keepalived` or `node`. */
  role: string;
  /** Processor time since the container's start. */
  cpuMs: number;
  /** Without what the kernel caches of files. */
  memoryBytes: number;
}

/** What a node's service is to run on for a while. */
export interface OtherVersion {
  image: string;
  /** A folder of the host's, which takes the place of /etc/ha-demo. */
  configurationFolder: string;
}

/** Containers beside a lab's own, to measure it: a load from its LAN, and other servers in its nodes. */
export class SideContainers {
  constructor(
    private readonly engine: Docker,
    private readonly cluster: Cluster,
  ) {}

  /**
   * @param projectFolder with docker/bench
   * @param buildNetwork as `docker build` has it
   */
  async buildLoadImage(
    projectFolder: string,
    { debianImage, buildNetwork }: { debianImage: string; buildNetwork: string },
  ): Promise<void> {
    const options = ['--tag', LOAD_IMAGE, '--network', buildNetwork, '--build-arg', `DEBIAN_IMAGE=${debianImage}`];
    await docker(['build', ...options, '--file', `${projectFolder}/docker/bench/Dockerfile`, projectFolder]);
  }

  /** Runs wrk in a container on the LAN. @throws AbortError @throws Error when wrk fails, as when nobody listens */
  async load({ targets, path, connections, durationSeconds }: WrkLoad, signal?: AbortSignal): Promise<WrkResult> {
    const command = [
      ...['run', '--rm', '--init', '--label', this.label, '--network', `${this.cluster.name}_lan`, ...HARDENED],
      ...['--env', `TARGETS=${targets.join(' ')}`, LOAD_IMAGE, '--threads', '2', '--connections', String(connections)],
      ...['--duration', `${durationSeconds}s`, '--timeout', '2s', '--latency', `http://${targets[0]}${path}`],
    ];
    const output = await docker(command, { signal });
    return JSON.parse(output.trim().split('\n').at(-1)!) as WrkResult;
  }

  /**
   * A process in a node's network, of the image that its service runs on.
   * @param volumes such as `/host/file:/file:ro`
   * @returns what ends it, by a planned stop
   */
  async startInNode(node: string, command: string[], volumes: string[]): Promise<() => Promise<void>> {
    const [owner, app] = [await this.own(node, 'node'), await this.own(node, 'app')];
    return this.start(node, 'app', app.ImageID, {
      Cmd: command,
      HostConfig: {
        NetworkMode: `container:${owner.Id}`,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        ReadonlyRootfs: true,
        Init: true,
        Binds: volumes,
        LogConfig: { Type: 'local', Config: {} },
      },
    });
  }

  /**
   * A container as the lab's own of a node's service is, but for the version; the own one must have been stopped.
   * @returns what ends it, by a planned stop
   * @throws Error when the node has no such container
   */
  async startInPlace(
    node: string,
    service: 'app' | 'haproxy',
    { image, configurationFolder }: OtherVersion,
  ): Promise<() => Promise<void>> {
    const own = await this.engine.getContainer((await this.own(node, service)).Id).inspect();
    // The engine reports it; its type does not say so.
    const { StopTimeout } = own.Config as { StopTimeout?: number };
    return this.start(node, service, image, {
      ...(StopTimeout !== undefined && { StopTimeout }),
      HostConfig: {
        ...own.HostConfig,
        // Some versions of Compose make mounts of the topology's volumes, some make binds.
        Binds: [],
        Mounts: own.Mounts.map(({ Type, Name, Source, Destination, RW }): Docker.MountSettings =>
          Destination === '/etc/ha-demo'
            ? { Type: 'bind', Source: configurationFolder, Target: Destination, ReadOnly: true }
            : { Type: Type as Docker.MountType, Source: Name ?? Source, Target: Destination, ReadOnly: !RW },
        ),
      },
    });
  }

  /** Removes what stands in nodes. @returns whether there was anything, which only an interrupted bench leaves */
  async removeLeft(): Promise<boolean> {
    const left = await this.containers([STANDS_FOR_LABEL], { all: true });
    await Promise.all(left.map(({ Id }) => this.engine.getContainer(Id).remove({ force: true })));
    return left.length > 0;
  }

  /** @returns the usage of every running container of the nodes, by name */
  async usage(): Promise<ContainerUsage[]> {
    const sums = new Map<string, ContainerUsage>();
    const add = async ({ Id, Labels }: Docker.ContainerInfo) => {
      const { cpu_stats, memory_stats } = await this.engine.getContainer(Id).stats({ stream: false, 'one-shot': true });
      const name = Labels[STANDS_FOR_LABEL] ?? `${Labels[NODE_LABEL]} ${Labels[ROLE_LABEL]}`;
      const [node, role] = name.split(' ') as [string, string];
      const { cpuMs, memoryBytes } = sums.get(name) ?? { cpuMs: 0, memoryBytes: 0 };
      // Control groups of version 1 and 2 name it differently.
      const cached = memory_stats.stats.total_inactive_file ?? memory_stats.stats.inactive_file;
      sums.set(name, {
        node,
        role,
        cpuMs: cpuMs + cpu_stats.cpu_usage.total_usage / 1e6,
        memoryBytes: memoryBytes + memory_stats.usage - cached,
      });
    };
    const containers = [...(await this.containers([NODE_LABEL])), ...(await this.containers([STANDS_FOR_LABEL]))];
    await Promise.all(containers.map(add));
    return [...sums.entries()].sort(([one], [other]) => one.localeCompare(other)).map(([, usage]) => usage);
  }

  /** By the engine's API: a Ctrl-C, which reaches processes that have been started here, leaves no container without an end. */
  private async start(
    node: string,
    service: string,
    image: string,
    options: Docker.ContainerCreateOptions,
  ): Promise<() => Promise<void>> {
    const container = await this.engine.createContainer({
      ...options,
      Image: image,
      Env: [`HA_DEMO_NODE=${node}`],
      Labels: { [PROJECT_LABEL]: this.cluster.name, [STANDS_FOR_LABEL]: `${node} ${service}` },
    });
    const end = async () => {
      await container.stop().catch(unlessStopped);
      await container.remove({ force: true });
    };
    try {
      await container.start();
    } catch (error) {
      await end();
      throw error;
    }
    return end;
  }

  private get label(): string {
    return `${PROJECT_LABEL}=${this.cluster.name}`;
  }

  /** Of the lab's own containers; it may have been stopped. */
  private async own(node: string, role: string): Promise<Docker.ContainerInfo> {
    const [own] = await this.containers([`${NODE_LABEL}=${node}`, `${ROLE_LABEL}=${role}`], { all: true });
    if (!own) throw new Error(`${node} has no ${role} in this lab: ./ha-demo up`);
    return own;
  }

  private containers(labels: string[], { all = false } = {}): Promise<Docker.ContainerInfo[]> {
    return this.engine.listContainers({ all, filters: { label: [this.label, ...labels] } });
  }
}

/** 304: it has ended by itself. */
function unlessStopped(error: Error & { statusCode?: number }): void {
  if (error.statusCode !== 304) throw error;
}
