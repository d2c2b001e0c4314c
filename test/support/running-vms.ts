import { execFile } from 'node:child_process';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Cluster, nodesOf, virtualUrl } from '../../src/cluster/cluster.js';
import type { TierName } from '../../src/cluster/cluster-file.js';
import { VAGRANT_MACHINES, vagrantMachines } from '../../src/lab/hosts/vagrant-machines.js';
import { ManagedHostLab } from '../../src/lab/hosts/managed-host-lab.js';
import { LabWaits } from './lab-waits.js';
import { projectFolder, type TestLab, TestWorkspace } from './workspace.js';

/** How long an emulated machine may take for a change. */
export const VMS_WITHIN_MS = 300_000;

/** How often they are asked: that takes an emulated machine half a second of its processor. */
export const VMS_INTERVAL_MS = 6000;

const UP_WITHIN_MINUTES = 25;

/** What their speed allows; vagrant/test-box/prepare.sh says so. */
const PROFILE = process.env['HA_DEMO_PROFILE'] ?? 'tuned';

const STORAGE_POOL = process.env['HA_DEMO_STORAGE_POOL'] ?? 'default';

/** Not in the workspace, which is another one in the next run. */
const DOTFILES = join(projectFolder, '.ha-demo', 'vms', 'test');

/** Four virtual machines that `vagrant up` has started, in the environment that vagrant/test-box/prepare.sh prints. */
export class RunningVms extends LabWaits<ManagedHostLab> {
  static readonly startsWithinMs = UP_WITHIN_MINUTES * 60_000;

  private constructor(
    cluster: Cluster,
    lab: ManagedHostLab,
    readonly workspace: TestWorkspace,
    /** How to reach the machines. */
    private readonly folder: string,
  ) {
    super(cluster, lab, VMS_INTERVAL_MS);
  }

  static async start(testLab: TestLab): Promise<RunningVms> {
    const workspace = await TestWorkspace.create(testLab, (text) =>
      text
        .replace(/^profile: .*/m, `profile: ${PROFILE}`)
        // Machines that stand still for longer than three adverts take each other for dead, several times a minute on a busy host.
        .replace('vrrp: { advertisementIntervalMs: 100 }', 'vrrp: { advertisementIntervalMs: 500 }'),
    );
    const cluster = await workspace.cluster('machines');
    const folder = join(workspace.files.stateFolder, 'vms', 'machines');
    const lab = new ManagedHostLab(cluster, vagrantMachines(folder, process.env), VAGRANT_MACHINES);
    const running = new RunningVms(cluster, lab, workspace, folder);
    await running.removeLeftovers();
    try {
      await running.vagrant('up');
      await running.untilHealthy();
    } catch (error) {
      await running.stop();
      throw error;
    }
    return running;
  }

  async stop(): Promise<void> {
    await this.vagrant('destroy', '--force');
    await this.workspace.remove();
  }

  /** @returns what it has written */
  async vagrant(command: string, ...args: string[]): Promise<string> {
    const { stdout, stderr } = await promisify(execFile)('vagrant', [command, ...args], {
      cwd: projectFolder,
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        HA_DEMO_WORKSPACE: this.workspace.files.folder,
        VAGRANT_DOTFILE_PATH: DOTFILES,
      },
      maxBuffer: 2 ** 24,
    });
    return stdout + stderr;
  }

  /** What of the machines there is in libvirt, and in the folder that says how to reach them. */
  async leftovers(): Promise<string[]> {
    const questions = ['list --all --name', 'net-list --all --name', `vol-list ${STORAGE_POOL}`];
    const lists = await Promise.all(questions.map((question) => virshLines(...question.split(' '))));
    const files = await readdir(this.folder);
    return [...lists.flat().filter((line) => line.includes(this.cluster.name)), ...files];
  }

  /** Of a run that was killed, perhaps in another clone, whose machines Vagrant does not know here. */
  private async removeLeftovers(): Promise<void> {
    await removeFromLibvirt('list', 'destroy', 'undefine', (machine) => machine.startsWith(`${this.cluster.name}_`));
    await removeFromLibvirt('net-list', 'net-destroy', 'net-undefine', (net) => net === `${this.cluster.name}-lan`);
    // Vagrant refuses a name that any pool has.
    for (const pool of (await virshLines('pool-list', '--name')).filter(Boolean)) {
      const volumes = (await virshLines('vol-list', pool)).map((line) => line.split(' ')[0]!);
      for (const volume of volumes.filter((name) => name.startsWith(`${this.cluster.name}_`)))
        await virshLines('vol-delete', volume, '--pool', pool);
    }
    await rm(DOTFILES, { recursive: true, force: true });
  }

  /** A command on a node, as a user types it there. */
  async on(node: string, command: string): Promise<string> {
    return (await this.lab.host(node)).ssh.run(command);
  }

  /** What `hosts:` of cluster.yaml says of machines that are reached as any other host. */
  async inventory(): Promise<object> {
    const machines = await Promise.all(
      nodesOf(this.cluster).map(async ({ name }) => ({ name, ...(await this.lab.host(name)).access.ssh })),
    );
    const knownHosts = join(this.folder, '..', 'hosts-known');
    const keys = machines.map(
      async ({ name, host }) => `${host} ${await this.on(name, 'cat /etc/ssh/ssh_host_ed25519_key.pub')}`,
    );
    await writeFile(knownHosts, (await Promise.all(keys)).join(''));
    const virsh = (command: string) => `virsh --connect qemu:///system ${command} ${this.cluster.name}_$HA_DEMO_NODE`;
    return {
      knownHosts,
      power: { on: virsh('start'), off: virsh('destroy'), state: virsh('domstate') },
      nodes: machines.map(({ name, host, port, user, keys: [key] }) => ({ name, host, port, user, key })),
    };
  }

  /** From this host, which is a client on the machines' LAN. */
  async get(tier: TierName, headers: Record<string, string> = {}): Promise<unknown> {
    const url = virtualUrl(this.cluster, tier);
    const signal = AbortSignal.timeout(20_000);
    const response = await fetch(url, { headers: { ...headers, connection: 'close' }, signal });
    if (!response.ok) throw new Error(`${url}: HTTP ${response.status}: ${await response.text()}`);
    return response.json();
  }
}

async function virshLines(...args: string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)('virsh', ['--connect', 'qemu:///system', ...args]);
  return stdout.split('\n').map((line) => line.trim());
}

/** The names of virsh's commands for one kind of object: to list, to end and to forget them. */
async function removeFromLibvirt(list: string, end: string, forget: string, isMeant: (name: string) => boolean) {
  const [all, active] = [await virshLines(list, '--all', '--name'), await virshLines(list, '--name')];
  for (const name of all.filter(isMeant)) {
    if (active.includes(name)) await virshLines(end, name);
    await virshLines(forget, name);
  }
}
