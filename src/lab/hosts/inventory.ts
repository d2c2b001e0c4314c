import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Cluster, type Node, nodeNamed, nodesOf } from '../../cluster/cluster.js';
import type { HostFile, HostsFile } from '../../cluster/hosts-file.js';
import { InvalidInputError } from '../../common/errors.js';
import type { LabCapabilities } from '../lab.js';
import type { HostAccess, Hosts } from './access.js';
import { CommandPower, NoPower } from './power.js';

/**
 * Hosts of the user's own, as `hosts:` of cluster.yaml says how to reach them.
 * @param folder whose cluster.yaml it is
 * @param environment of `ssh`, and of the commands that switch hosts
 */
export function hostsOf(cluster: Cluster, folder: string, environment: NodeJS.ProcessEnv): Hosts {
  const hosts = hostsIn(cluster);
  return async (name) => accessOf(hosts, nodeNamed(cluster, name), folder, environment);
}

/** What hosts of an inventory can be made to do. */
export function capabilitiesOf(
  cluster: Cluster,
): Pick<LabCapabilities, 'unplugsNodes' | 'switchesNodes' | 'suspendsNodes'> {
  const hosts = hostsIn(cluster);
  const nodes = nodesOf(cluster);
  return {
    // Over the LAN nobody could tell it to plug itself in again.
    unplugsNodes: nodes.every((node) => addressOf(hosts, node) !== node.address),
    switchesNodes: nodes.every(({ name }) => (ownOf(hosts, name).power ?? hosts.power) !== undefined),
    suspendsNodes: false,
  };
}

/** @throws InvalidInputError when cluster.yaml does not say how to reach hosts */
function hostsIn({ hosts }: Cluster): HostsFile {
  if (hosts) return hosts;
  throw new InvalidInputError('cluster.yaml: hosts: is missing; it says how ssh reaches the nodes (docs/hosts.md)');
}

function accessOf(hosts: HostsFile, node: Node, folder: string, environment: NodeJS.ProcessEnv): HostAccess {
  const own = ownOf(hosts, node.name);
  const [user, port] = [own.user ?? hosts.user, own.port ?? hosts.port];
  const [key, power] = [own.key ?? hosts.key, own.power ?? hosts.power];
  const host = addressOf(hosts, node);
  const knownHosts = hosts.knownHosts === undefined ? undefined : fileAt(hosts.knownHosts, folder);
  const file = knownHosts ?? '~/.ssh/known_hosts';
  const byHand = [
    ...['ssh', ...(port === undefined ? [] : ['-p', port])],
    ...(knownHosts === undefined ? [] : ['-o', `UserKnownHostsFile=${knownHosts}`]),
    user === undefined ? host : `${user}@${host}`,
  ].join(' ');
  return {
    ssh: {
      ...{ host, port, user, folder, environment },
      keys: key === undefined ? [] : [asOption(fileAt(key, folder))],
      hostKey: {
        StrictHostKeyChecking: 'yes',
        ...(knownHosts !== undefined && { UserKnownHostsFile: `"${asOption(knownHosts)}"` }),
      },
      refusedHostKey: (is) =>
        `has ${is === 'other' ? 'another host key than the one in' : 'a host key that is not in'} ${file}. Compare it by hand: ${byHand}`,
    },
    power: power ? new CommandPower(node.name, power, host, environment) : new NoPower(node.name),
    lanInterface: own.interface,
  };
}

function ownOf({ nodes }: HostsFile, name: string): Partial<HostFile> {
  return nodes.find((one) => one.name === name) ?? {};
}

function addressOf(hosts: HostsFile, { name, address }: Node): string {
  return ownOf(hosts, name).host ?? address;
}

/** Such as `~/.ssh/id_ed25519`, or a file beside cluster.yaml. */
function fileAt(path: string, folder: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : resolve(folder, path);
}

/** `ssh` takes what follows a % for something to put in its place. */
function asOption(file: string): string {
  return file.replaceAll('%', '%%');
}
