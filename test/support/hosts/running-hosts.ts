import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Cluster, nodeNamed, nodesOf } from '../../../src/cluster/cluster.js';
import { inventoryOf } from '../../../src/lab/hosts/inventory.js';
import { ManagedHostLab } from '../../../src/lab/hosts/managed-host-lab.js';
import { type CliOptions, type CliResult, haDemo } from '../cli.js';
import { LabWaits } from '../lab-waits.js';
import { type TestLab, TestWorkspace } from '../workspace.js';
import { TestHosts } from './test-hosts.js';

/** Plain hosts that a cluster.yaml says how to reach; `up` has not been there yet. */
export class RunningHosts extends LabWaits<ManagedHostLab> {
  private constructor(
    cluster: Cluster,
    lab: ManagedHostLab,
    readonly hosts: TestHosts,
    readonly workspace: TestWorkspace,
  ) {
    super(cluster, lab);
  }

  /** @param control the first three numbers of the network over which ssh reaches them */
  static async start(
    testLab: TestLab,
    control: string,
    edit: (clusterYaml: string) => string = (text) => text,
  ): Promise<RunningHosts> {
    // Four hosts on a busy machine take each other for dead sooner than four processes of one kernel do.
    const workspace = await TestWorkspace.create(testLab, (text) =>
      edit(text.replace('advertisementIntervalMs: 20\n', 'advertisementIntervalMs: 100\n')),
    );
    const hosts = await TestHosts.start({
      project: testLab.name,
      networks: { lan: testLab.network, control },
      hosts: nodesOf(await workspace.cluster('machines')),
      folder: join(workspace.files.folder, 'access'),
    }).catch(async (error: Error) => {
      await workspace.remove();
      throw error;
    });
    await workspace.editCluster((text) => `${text}\n${stringify({ hosts: hosts.inventory() })}`);
    // A container cannot set what is the whole kernel's.
    const ofKernel = /^net\.netfilter\.nf_conntrack_max.*\n/m;
    await workspace.editFile('config-templates/host/sysctl.conf.hbs', (text) => text.replace(ofKernel, ''));
    const cluster = await workspace.cluster('machines');
    const inventory = inventoryOf(cluster, workspace.files.folder, process.env);
    const lab = new ManagedHostLab(
      cluster,
      inventory.hosts((node) => nodeNamed(cluster, node).address),
      {
        traits: { kind: 'hosts', startCommand: '', lookIntervalMs: 500 },
        capabilities: inventory.capabilities(nodesOf(cluster)),
      },
    );
    return new RunningHosts(cluster, lab, hosts, workspace);
  }

  haDemo(command: string[], options?: CliOptions): Promise<CliResult> {
    return haDemo(this.workspace, ['--lab', 'hosts', ...command], options);
  }

  async stop(): Promise<void> {
    await this.hosts.remove();
    await this.workspace.remove();
  }
}
