import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type Docker from 'dockerode';
import type { Cluster } from '../../../cluster/cluster.js';
import { InvalidInputError } from '../../../common/errors.js';
import { Ipv4Network } from '../../../common/ipv4.js';
import { lineStream } from '../../../common/lines.js';
import type { ServiceName } from '../../../node/contract.js';
import type { LabCapabilities, LogOptions, NodeObservation, ObserveOptions } from '../../lab.js';
import { ComposeLab } from '../compose-lab.js';
import { ComposeProject, type Workspace } from '../compose-project.js';
import { docker } from '../docker-command.js';
import { PROJECT_LABEL, ROLE_LABEL } from '../node-containers.js';
import { overlap } from '../preconditions.js';
import { ServerStandIns } from './server-stand-ins.js';
import { SERVERS_ROLE, trialImage, type TrialPods, type TrialRelease, trialTopology } from './trial-topology.js';

/**
 * The containers of a pair of the user's. A node's pod reports like one of the lab's own, as far as it can be seen from outside: its VRRP
 * state and its moves are those of the virtual IP of the cluster's first tier.
 */
export class TrialLab extends ComposeLab {
  override readonly capabilities: LabCapabilities = {
    ...{ restartsAfterCrash: false, switchesNodes: true, suspendsNodes: true, unplugsNodes: true, isolatesNodes: true },
    ...{ upgradesImages: false, fillsRunFolders: false, restartsEngine: false, hasForeignRouters: false },
  };
  private readonly virtualIp: string;

  /** @param interfaces node -> its interface on the LAN */
  constructor(engine: Docker, cluster: Cluster, project: ComposeProject, interfaces: Record<string, string>) {
    super(engine, cluster, project, undefined, {
      onLan: (node) => interfaces[node]!,
      // Virtual MACs have interfaces of their own: any.
      arriving: () => ['+'],
    });
    this.virtualIp = cluster.tiers[0]!.virtualRouter.virtualIp;
  }

  override async observe(options: ObserveOptions = {}): Promise<NodeObservation[]> {
    return (await super.observe(options)).map((seen) => ({
      ...seen,
      vrrpState:
        seen.services.keepalived !== 'up' ? 'unknown' : seen.vipsHeld.includes(this.virtualIp) ? 'MASTER' : 'BACKUP',
    }));
  }

  override async writeLogs(
    node: string,
    service: ServiceName,
    output: NodeJS.WritableStream,
    options: LogOptions,
  ): Promise<void> {
    const own = lineStream((line) => {
      const [, virtualIp = this.virtualIp] = /"virtualRouter":"([^"]+)"/.exec(line) ?? [];
      if (virtualIp === this.virtualIp) output.write(`${line}\n`);
    });
    await super.writeLogs(node, service, own, options);
  }
}

/** In the folder of a trial, for as long as it runs. */
export const TRIAL_FILES = { nodes: 'nodes', topology: 'topology.json', kept: 'kept.json', journal: 'drill.json' };

/** What it takes to make and to remove them. */
export class TrialProject {
  readonly servers: ServerStandIns;
  private readonly project: ComposeProject;

  /** @param folder for the Compose file, the nodes' files and logs */
  constructor(
    private readonly engine: Docker,
    readonly name: string,
    readonly folder: string,
  ) {
    const workspace: Workspace = {
      folder,
      clusterFile: '',
      templatesFolder: '',
      topologyFile: join(folder, TRIAL_FILES.topology),
      stateFolder: folder,
    };
    this.project = new ComposeProject(engine, name, workspace);
    this.servers = new ServerStandIns(engine, name);
  }

  /**
   * @param cluster its first tier is the virtual router that is drilled
   * @param interfaces node -> its interface on the LAN
   */
  lab(cluster: Cluster, interfaces: Record<string, string>): TrialLab {
    return new TrialLab(this.engine, cluster, this.project, interfaces);
  }

  /** Whether there are nodes, be they off, and what answers for the servers behind them runs. */
  async runs(): Promise<boolean> {
    const containers = await this.project.containers();
    return (
      containers.some(({ Labels }) => Labels[ROLE_LABEL] === 'node') &&
      containers.every(({ Labels, State }) => Labels[ROLE_LABEL] !== SERVERS_ROLE || State === 'running')
    );
  }

  /** @throws InvalidInputError when a network of the engine, such as that of another pair, is in the way of the LAN */
  async assertLanIsFree({ subnet }: { subnet: string }): Promise<void> {
    const lan = Ipv4Network.parse(subnet)!;
    for (const { Name, Labels, IPAM } of await this.engine.listNetworks()) {
      if (Labels?.[PROJECT_LABEL] === this.name) continue;
      for (const { Subnet } of IPAM?.Config ?? []) {
        const other = Ipv4Network.parse(Subnet ?? '');
        if (other && overlap(lan, other))
          throw new InvalidInputError(
            `${subnet}, the LAN of the pair, overlaps ${Subnet} of the engine's network ${Name}; remove that first`,
          );
      }
    }
  }

  /** What an earlier one has left goes first. @param files node -> path in its containers -> text */
  async start(pods: TrialPods, files: ReadonlyMap<string, ReadonlyMap<string, string>>): Promise<void> {
    await this.remove();
    // They are copies of what may be secret.
    await mkdir(join(this.folder, TRIAL_FILES.nodes), { mode: 0o700 });
    for (const { name, input } of pods.nodes)
      for (const [path, text] of files.get(name) ?? []) {
        const target = join(input, path);
        await mkdir(dirname(target), { recursive: true });
        // Scripts have to be runnable, and keepalived takes no configuration that is.
        await writeFile(target, text, { mode: /\.(?:conf|cfg)$/.test(path) ? 0o644 : 0o755 });
      }
    await writeFile(join(this.folder, TRIAL_FILES.topology), trialTopology(pods));
    await this.project.compose('try', ['up', '--detach']);
  }

  inputOf(node: string): string {
    return join(this.folder, TRIAL_FILES.nodes, node);
  }

  /** With all that is kept of it, such as copies of the user's files, which may hold secrets; its logs stay. @returns how many of what */
  async remove(): Promise<Record<string, number>> {
    const removed = await this.project.remove();
    for (const name of Object.values(TRIAL_FILES)) await rm(join(this.folder, name), { recursive: true, force: true });
    return removed;
  }
}

/** Builds the image of tried nodes, unless nothing has changed since. */
export async function buildTrialImage(
  projectFolder: string,
  release: TrialRelease,
  { debianImage, buildNetwork }: { debianImage: string; buildNetwork: string },
): Promise<void> {
  const options = [
    '--tag',
    trialImage(release),
    '--network',
    buildNetwork,
    '--build-arg',
    `DEBIAN_IMAGE=${debianImage}`,
  ];
  await docker(['build', ...options, '--file', join(projectFolder, 'docker/try/Dockerfile'), projectFolder]);
}
