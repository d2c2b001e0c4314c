import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, type Node, nodesOf, type Hosting, tierOf } from '../../src/cluster/cluster.js';
import type { TierName } from '../../src/cluster/cluster-file.js';
import { loadCluster } from '../../src/cluster/load-cluster.js';
import { ComposeProject, type Workspace, workspaceAt } from '../../src/lab/compose/compose-project.js';
import { renderTopology } from '../../src/rendering/render.js';
import { replaceFile } from '../../src/rendering/write.js';
import { theEngine } from './engine-host.js';

export const projectFolder = new URL('../..', import.meta.url).pathname.replace(/\/$/, '');

/** A lab of its own beside a running one: another name, LAN and ports. */
export interface TestLab {
  /** Also the name of the Compose project. */
  name: string;
  /** The first three numbers of the LAN, such as `192.168.98`. */
  network: string;
  /** What is added to the published ports. */
  portOffset: number;
}

/** A temporary copy of what a lab is made of. */
export class TestWorkspace {
  private constructor(
    readonly lab: TestLab,
    readonly files: Workspace,
  ) {}

  /**
   * Removes what a run that was killed has left of such a lab: it would join this one.
   * @param edit changes the text of cluster.yaml
   */
  static async create(lab: TestLab, edit: (clusterYaml: string) => string = (text) => text): Promise<TestWorkspace> {
    const folder = await mkdtemp(join(tmpdir(), `${lab.name}-`));
    for (const part of ['cluster.yaml', 'config-templates', 'compose.yaml', 'compose', 'docker/no-extra-ca.pem']) {
      await cp(join(projectFolder, part), join(folder, part), { recursive: true });
    }
    const workspace = new TestWorkspace(lab, workspaceAt(folder));
    await new ComposeProject(await theEngine(), lab.name, workspace.files).remove();
    await workspace.editCluster((text) =>
      edit(
        text
          .replace(/^name: .*/m, `name: ${lab.name}`)
          .replaceAll('192.168.99.', `${lab.network}.`)
          .replaceAll(/\b80[12][01]\b/g, (port) => String(Number(port) + lab.portOffset)),
      ),
    );
    const cluster = await workspace.cluster();
    await replaceFile(workspace.files.topologyFile, await renderTopology(cluster, workspace.files.templatesFolder));
    return workspace;
  }

  cluster(hosting?: Hosting): Promise<Cluster> {
    return loadCluster(this.files.clusterFile, hosting);
  }

  async editCluster(edit: (text: string) => string): Promise<void> {
    await this.editFile('cluster.yaml', edit);
  }

  async editFile(path: string, edit: (text: string) => string): Promise<void> {
    const file = join(this.files.folder, path);
    const before = await readFile(file, 'utf8');
    const after = edit(before);
    if (after === before) throw new Error(`the edit of ${path} changes nothing`);
    await writeFile(file, after);
  }

  /** Does something while a file is changed; the file is as before afterwards. */
  async whileEdited<Result>(
    path: string,
    edit: (text: string) => string,
    action: () => Promise<Result>,
  ): Promise<Result> {
    const before = await readFile(join(this.files.folder, path), 'utf8');
    await this.editFile(path, edit);
    try {
      return await action();
    } finally {
      await writeFile(join(this.files.folder, path), before);
    }
  }

  remove(): Promise<void> {
    return rm(this.files.folder, { recursive: true });
  }
}

/** An edit of cluster.yaml: the LAN as a macvlan network on an interface of the host. */
export function onMacvlan(parent: string): (clusterYaml: string) => string {
  return (text) => text.replace('type: bridge', 'type: macvlan').replace(/# parent: eth0 .*/, `parent: ${parent}`);
}

export function firstNode(cluster: Cluster, tier: TierName): Node {
  return tierOf(cluster, tier).nodes[0]!;
}

export function secondNode(cluster: Cluster, tier: TierName): Node {
  return tierOf(cluster, tier).nodes[1]!;
}

export function nodeNames(cluster: Cluster): string[] {
  return nodesOf(cluster).map(({ name }) => name);
}
