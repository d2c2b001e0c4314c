import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Cluster } from '../../cluster/cluster.js';
import type { HostFile, InventoryFile } from '../../cluster/hosts-file.js';
import { InvalidInputError } from '../../common/errors.js';
import type { LabCapabilities } from '../lab.js';
import type { Hosts, SshAccess } from './access.js';
import { CommandPower, NoPower } from './power.js';

/** What `hosts:` of a cluster.yaml says of hosts, and what goes with it. */
export class Inventory {
  /**
   * @param folder whose cluster.yaml it is
   * @param environment of `ssh`, and of the commands that switch hosts
   */
  constructor(
    private readonly file: InventoryFile,
    private readonly folder: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  /** @param addressOf where ssh goes unless the inventory says so @throws what it throws, for a name that is none */
  hosts(addressOf: (node: string) => string): Hosts {
    return async (node) => {
      const own = this.own(node);
      const ssh = this.access({ ...this.shared(own), host: own.host ?? addressOf(node) });
      const power = own.power ?? this.file.power;
      return {
        ssh,
        power: power ? new CommandPower(node, power, ssh.host, this.environment) : new NoPower(node),
        lanInterface: own.interface,
      };
    };
  }

  /** The host that clients are on; undefined where that is this one. */
  get probe(): SshAccess | undefined {
    const { probe } = this.file;
    return probe && this.access({ ...this.shared(probe), host: probe.host });
  }

  /** What its hosts can be made to do. @param nodes with their addresses on the LAN */
  capabilities(
    nodes: { name: string; address: string }[],
  ): Pick<LabCapabilities, 'unplugsNodes' | 'switchesNodes' | 'suspendsNodes'> {
    return {
      // Over the LAN nobody could tell it to plug itself in again.
      unplugsNodes: nodes.every(({ name, address }) => (this.own(name).host ?? address) !== address),
      switchesNodes: nodes.every(({ name }) => (this.own(name).power ?? this.file.power) !== undefined),
      suspendsNodes: false,
    };
  }

  private own(node: string): Partial<HostFile> {
    return this.file.nodes.find(({ name }) => name === node) ?? {};
  }

  /** Each field of one host, or else that of all. */
  private shared(own: Partial<HostFile>): Pick<SshAccess, 'user' | 'port'> & { key: string | undefined } {
    const { user, port, key } = this.file;
    return { user: own.user ?? user, port: own.port ?? port, key: own.key ?? key };
  }

  private access({
    host,
    port,
    user,
    key,
  }: Pick<SshAccess, 'host' | 'user' | 'port'> & { key: string | undefined }): SshAccess {
    const { folder, environment } = this;
    const knownHosts = this.file.knownHosts === undefined ? undefined : this.fileAt(this.file.knownHosts);
    const file = knownHosts ?? '~/.ssh/known_hosts';
    const byHand = [
      ...['ssh', ...(port === undefined ? [] : ['-p', port])],
      ...(knownHosts === undefined ? [] : ['-o', `UserKnownHostsFile=${knownHosts}`]),
      user === undefined ? host : `${user}@${host}`,
    ].join(' ');
    return {
      ...{ host, port, user, folder, environment },
      keys: key === undefined ? [] : [asOption(this.fileAt(key))],
      hostKey: {
        StrictHostKeyChecking: 'yes',
        ...(knownHosts !== undefined && { UserKnownHostsFile: `"${asOption(file)}"` }),
      },
      refusedHostKey: (is) =>
        `has ${is === 'other' ? 'another host key than the one in' : 'a host key that is not in'} ${file}. Compare it by hand: ${byHand}`,
    };
  }

  /** Such as `~/.ssh/id_ed25519`, or a file beside cluster.yaml. */
  private fileAt(path: string): string {
    return path.startsWith('~/') ? join(homedir(), path.slice(2)) : resolve(this.folder, path);
  }
}

/** @throws InvalidInputError when cluster.yaml does not say how to reach hosts */
export function inventoryOf({ hosts }: Cluster, folder: string, environment: NodeJS.ProcessEnv): Inventory {
  if (hosts) return new Inventory(hosts, folder, environment);
  throw new InvalidInputError('cluster.yaml: hosts: is missing; it says how ssh reaches the nodes (docs/hosts.md)');
}

/** `ssh` takes what follows a % for something to put in its place. */
function asOption(file: string): string {
  return file.replaceAll('%', '%%');
}
