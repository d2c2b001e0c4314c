import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { variablesOf } from '../../../src/cli/prepare.js';
import { waitUntilNothingIsMissing } from '../../../src/common/wait-until.js';

const FOLDER = new URL('.', import.meta.url).pathname;

const run = promisify(execFile);
const docker = async (...args: string[]): Promise<string> =>
  (await run('docker', args, { maxBuffer: 64 * 2 ** 20 })).stdout.trim();

export interface HostsOrder {
  /** The label by which leftovers are found, and the beginning of all names. */
  project: string;
  /** The first three numbers of each: the cluster's LAN, and where ssh reaches the hosts. */
  networks: { lan: string; control: string };
  hosts: {
    name: string;
    /** On the LAN. */
    address: string;
  }[];
  /** For the key, and the file of host keys. */
  folder: string;
  /** Packages of Debian's beside what any host has. */
  packages?: string;
}

/**
 * Plain hosts, as containers with systemd and sshd: each on a LAN and, apart from it, on a network over which ssh reaches it. Other than
 * machines they share a kernel, and so its clock and its modules.
 */
export class TestHosts {
  private constructor(private readonly order: HostsOrder) {}

  /** Removes what a run that was killed has left of them. */
  static async start(order: HostsOrder): Promise<TestHosts> {
    const hosts = new TestHosts(order);
    const { project, folder, packages = '' } = order;
    await hosts.remove();
    await mkdir(folder, { recursive: true });
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
    const image = `ha-demo/test-host${packages === '' ? '' : '-with-packages'}`;
    // systemd of later releases knows no cgroup v1, which some engines still have.
    const base = (await variablesOf('docker/base-images/prepare.sh', 'debian', 'bookworm'))['HA_DEMO_DEBIAN_IMAGE']!;
    await docker(
      ...['build', '--quiet', '--tag', image, '--network', process.env['HA_DEMO_BUILD_NETWORK'] ?? 'default'],
      ...['--build-arg', `DEBIAN_IMAGE=${base}`, '--build-arg', `WITH=${packages}`, FOLDER],
    );
    try {
      for (const [name, network] of Object.entries(order.networks)) {
        const ranges = ['--subnet', `${network}.0/24`, '--ip-range', `${network}.192/26`];
        await docker('network', 'create', '--label', hosts.label, ...ranges, `${project}-${name}`);
      }
      await Promise.all(hosts.names.map((name) => hosts.startHost(name, image)));
      await hosts.untilKnown();
    } catch (error) {
      await hosts.remove();
      throw error;
    }
    return hosts;
  }

  get names(): string[] {
    return this.order.hosts.map(({ name }) => name);
  }

  /** What cluster.yaml says of them, as `hosts:`. */
  inventory(): Record<string, unknown> {
    const { project, folder } = this.order;
    return {
      ...{ user: 'admin', key: join(folder, 'key'), knownHosts: this.knownHosts },
      power: {
        on: `docker start ${project}-$HA_DEMO_NODE`,
        off: `docker kill ${project}-$HA_DEMO_NODE`,
        state: `docker inspect --format {{.State.Status}} ${project}-$HA_DEMO_NODE`,
      },
      nodes: this.names.map((name) => ({ name, host: this.controlAddressOf(name) })),
    };
  }

  get knownHosts(): string {
    return join(this.order.folder, 'known_hosts');
  }

  controlAddressOf(name: string): string {
    return `${this.order.networks.control}.${this.names.indexOf(name) + 11}`;
  }

  /** As root on a host, without ssh. @returns what it has written */
  on(name: string, script: string): Promise<string> {
    return docker('exec', this.container(name), 'bash', '-c', script);
  }

  /** @param file of this host */
  async copy(file: string, name: string, to: string): Promise<void> {
    await docker('cp', '--quiet', file, `${this.container(name)}:${to}`);
  }

  /** Ends its connections, which outlive the command that has opened them. */
  async endSessions(name: string): Promise<void> {
    await this.on(name, 'for session in $(pgrep --uid admin sshd); do kill "$session"; done');
  }

  /** Cuts the connection over which a host is told what to do, and by which it answers. */
  async cut(name: string): Promise<void> {
    await docker('network', 'disconnect', `${this.order.project}-control`, this.container(name));
  }

  async join(name: string): Promise<void> {
    const address = ['--ip', this.controlAddressOf(name)];
    await docker('network', 'connect', ...address, `${this.order.project}-control`, this.container(name));
  }

  async remove(): Promise<void> {
    const filter = ['--quiet', '--filter', `label=${this.label}`];
    const idsOf = async (...list: string[]) => (await docker(...list, ...filter)).split('\n').filter(Boolean);
    const containers = await idsOf('ps', '--all');
    if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers);
    for (const network of await idsOf('network', 'ls')) await docker('network', 'rm', network);
    await rm(this.order.folder, { recursive: true, force: true });
  }

  private get label(): string {
    return `com.docker.compose.project=${this.order.project}`;
  }

  private container(name: string): string {
    return `${this.order.project}-${name}`;
  }

  private async startHost(name: string, image: string): Promise<void> {
    const { project, folder, hosts } = this.order;
    const key = await readFile(join(folder, 'key.pub'), 'utf8');
    const { address } = hosts.find((one) => one.name === name)!;
    await docker(
      ...['create', '--name', this.container(name), '--hostname', name, '--label', this.label],
      // Of systemd, runc and keepalived; who may mount is not to be confined by what forbids that.
      ...['SYS_ADMIN', 'NET_ADMIN', 'SYS_NICE', 'SYS_PTRACE'].flatMap((capability) => ['--cap-add', capability]),
      ...['--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined', '--cgroupns', 'private'],
      ...['--tmpfs', '/run', '--tmpfs', '/run/lock', '--tmpfs', '/tmp'],
      ...['--env', 'container=docker', '--env', `AUTHORIZED_KEY=${key.trim()}`],
      ...['--network', `${project}-lan`, '--ip', address, image],
    );
    await this.join(name);
    await docker('start', this.container(name));
  }

  /** Their keys are written down, as by somebody who has looked at them. */
  private async untilKnown(): Promise<void> {
    const look = 'systemctl is-active ssh && cat /etc/ssh/ssh_host_ed25519_key.pub';
    const missing = async () => {
      const answers = await Promise.all(this.names.map((name) => this.on(name, look).catch(() => '')));
      const lines = answers.map((answer, at) => `${this.controlAddressOf(this.names[at]!)} ${answer.split('\n')[1]}\n`);
      await writeFile(this.knownHosts, lines.join(''));
      return this.names.filter((_, at) => !answers[at]!.startsWith('active\n')).map((name) => `sshd of ${name}`);
    };
    await waitUntilNothingIsMissing('hosts that answer', missing, { deadlineMs: 60_000 });
  }
}
