import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type Docker from 'dockerode';
import type { Cluster } from '../../../cluster/cluster.js';
import { lineStream } from '../../../common/lines.js';
import type { ServiceName } from '../../../node/contract.js';
import type { LabCapabilities, LogOptions, NodeObservation, ObserveOptions } from '../../lab.js';
import { ComposeLab } from '../compose-lab.js';
import { ComposeProject, type Workspace } from '../compose-project.js';
import { docker } from '../docker-command.js';
import { ServerStandIns } from './server-stand-ins.js';
import { trialImage, type TrialPods, type TrialRelease, trialTopology } from './trial-topology.js';

/**
 * The containers of a pair of the user's. A node's pod reports like one of the lab's own, as far as it can be seen from outside: its VRRP
 * state and its moves are those of the virtual IP of the cluster's first tier.
 */
export class TrialLab extends ComposeLab {
  override readonly capabilities: LabCapabilities = {
    ...{ restartsAfterCrash: false, unplugsNodes: true, isolatesNodes: true },
    ...{ upgradesImages: false, fillsRunFolders: false, restartsEngine: false, hasForeignRouters: false },
  };
  private readonly virtualIp: string;

  constructor(engine: Docker, cluster: Cluster, project: ComposeProject) {
    super(engine, cluster, project);
    this.virtualIp = cluster.tiers[0]!.virtualRouter.virtualIp;
  }

  override async observe(options: ObserveOptions = {}): Promise<NodeObservation[]> {
    return (await super.observe(options)).map((seen) => ({
      ...seen,
      vrrpState:
        seen.services.keepalived !== 'up' ? 'unknown' : seen.vipsHeld.includes(this.virtualIp) ? 'MASTER' : 'BACKUP',
    }));
  }

  /** Every node has names of its own, and keepalived those of virtual MACs: iptables(8) takes `+` for any. */
  protected override interfacesOf(): string[] {
    return ['+'];
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
const KEPT = ['nodes', 'topology.json', 'kept.json', 'drill.json'];

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
      topologyFile: join(folder, 'topology.json'),
      stateFolder: folder,
    };
    this.project = new ComposeProject(engine, name, workspace);
    this.servers = new ServerStandIns(engine, name);
  }

  /** @param cluster its first tier is the virtual router that is drilled */
  lab(cluster: Cluster): TrialLab {
    return new TrialLab(this.engine, cluster, this.project);
  }

  /** What an earlier one has left goes first. @param files node -> path in its containers -> text */
  async start(pods: TrialPods, files: ReadonlyMap<string, ReadonlyMap<string, string>>): Promise<void> {
    await this.remove();
    // They are copies of what may be secret.
    await mkdir(join(this.folder, 'nodes'), { mode: 0o700 });
    for (const { name, input } of pods.nodes)
      for (const [path, text] of files.get(name) ?? []) {
        const target = join(input, path);
        await mkdir(dirname(target), { recursive: true });
        // Scripts have to be runnable, and keepalived takes no configuration that is.
        await writeFile(target, text, { mode: /\.(?:conf|cfg)$/.test(path) ? 0o644 : 0o755 });
      }
    await writeFile(join(this.folder, 'topology.json'), trialTopology(pods));
    await this.project.compose('try', ['up', '--detach']);
  }

  inputOf(node: string): string {
    return join(this.folder, 'nodes', node);
  }

  /** With all that is kept of it, such as copies of the user's files, which may hold secrets; its logs stay. @returns how many of what */
  async remove(): Promise<Record<string, number>> {
    const removed = await this.project.remove();
    for (const name of KEPT) await rm(join(this.folder, name), { recursive: true, force: true });
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
