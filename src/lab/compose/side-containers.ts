import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import type { Cluster } from '../../cluster/cluster.js';
import { NODE_LABEL, PROJECT_LABEL, ROLE_LABEL } from './compose-lab.js';

const LOAD_IMAGE = 'ha-demo/bench';
const HARDENED = ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--read-only'];

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

export interface ContainerUsage {
  /** Such as `frontend-01 haproxy`. */
  name: string;
  /** Processor time since the container's start. */
  cpuMs: number;
  /** Without what the kernel caches of files. */
  memoryBytes: number;
}

/** Containers beside a lab's own, to measure it: a load from its LAN, and other servers in its nodes. */
export class SideContainers {
  constructor(
    private readonly engine: Docker,
    private readonly cluster: Cluster,
  ) {}

  /** @param projectFolder with docker/bench */
  async buildLoadImage(projectFolder: string): Promise<void> {
    const debian = process.env['HA_DEMO_DEBIAN_IMAGE'] ?? 'debian:trixie-slim';
    const network = process.env['HA_DEMO_BUILD_NETWORK'] ?? 'default';
    const options = ['--tag', LOAD_IMAGE, '--network', network, '--build-arg', `DEBIAN_IMAGE=${debian}`];
    await docker('build', ...options, '--file', `${projectFolder}/docker/bench/Dockerfile`, projectFolder);
  }

  async load({ targets, path, connections, durationSeconds }: WrkLoad): Promise<WrkResult> {
    const output = await docker(
      ...['run', '--rm', '--label', this.label, '--network', `${this.cluster.name}_lan`, ...HARDENED],
      ...['--env', `TARGETS=${targets.join(' ')}`, LOAD_IMAGE, '--threads', '2', '--connections', String(connections)],
      ...['--duration', `${durationSeconds}s`, '--timeout', '2s', '--latency', `http://${targets[0]}${path}`],
    );
    return JSON.parse(output.trim().split('\n').at(-1)!) as WrkResult;
  }

  /**
   * A process of the service image in a node's network.
   * @param volumes such as `/host/file:/file:ro`
   * @returns what ends it
   */
  async startInNode(node: string, command: string[], volumes: string[]): Promise<() => Promise<void>> {
    const [owner] = await this.containers([`${NODE_LABEL}=${node}`, `${ROLE_LABEL}=node`]);
    if (!owner) throw new Error(`${node} has no container in this lab`);
    const id = await docker(
      ...['run', '--detach', '--label', this.label, '--network', `container:${owner.Id}`, ...HARDENED, '--init'],
      ...volumes.flatMap((volume) => ['--volume', volume]),
      ...['--env', `HA_DEMO_NODE=${node}`, '--log-driver', 'local', 'ha-demo/service', ...command],
    );
    return async () => {
      await docker('rm', '--force', id.trim());
    };
  }

  /** Of everything that belongs to a node. */
  async usage(): Promise<ContainerUsage[]> {
    const containers = await this.containers([NODE_LABEL]);
    const usages = containers.map(async ({ Id, Labels }) => {
      const { cpu_stats, memory_stats } = await this.engine.getContainer(Id).stats({ stream: false, 'one-shot': true });
      return {
        name: `${Labels[NODE_LABEL]} ${Labels[ROLE_LABEL]}`,
        cpuMs: cpu_stats.cpu_usage.total_usage / 1e6,
        // Control groups of version 1 and 2 name it differently.
        memoryBytes: memory_stats.usage - (memory_stats.stats.total_inactive_file ?? memory_stats.stats.inactive_file),
      };
    });
    return (await Promise.all(usages)).sort((one, other) => one.name.localeCompare(other.name));
  }

  private get label(): string {
    return `${PROJECT_LABEL}=${this.cluster.name}`;
  }

  private containers(labels: string[]): Promise<Docker.ContainerInfo[]> {
    return this.engine.listContainers({ filters: { label: [this.label, ...labels] } });
  }
}

async function docker(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('docker', args, { maxBuffer: 2 ** 24 });
  return stdout;
}
