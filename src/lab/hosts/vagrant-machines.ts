import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hosts } from './access.js';
import type { HostLabKind } from './host-lab.js';
import { powerOf, type ProviderMachine } from './vagrant-power.js';

/** How to reach a machine; the Vagrantfile's triggers write one file a machine (vagrant/connections.rb). */
interface Machine extends ProviderMachine {
  host: string;
  port: number;
  user: string;
  keys: string[];
}

/** What makes a lab of them another one than of other hosts. */
export const VAGRANT_MACHINES: HostLabKind = {
  // An answer takes an emulated machine's processor a third of a second.
  traits: { kind: 'vms', startCommand: 'vagrant up', lookIntervalMs: 3_000 },
  capabilities: { unplugsNodes: true, switchesNodes: true, suspendsNodes: true },
};

/** Holds the host keys of the machines, beside the folder that says how to reach them. */
const KNOWN_HOSTS = '../known_hosts';

/**
 * The machines that Vagrant has made.
 * @param folder where the Vagrantfile has written how to reach them
 * @param environment of the commands that do: ssh, and those of the provider
 */
export function vagrantMachines(folder: string, environment: NodeJS.ProcessEnv): Hosts {
  return async (node) => {
    const machine = await readMachine(folder, node);
    const { id, host, port, user, keys } = machine;
    const file = join(folder, KNOWN_HOSTS);
    return {
      ssh: {
        ...{ host, port, user, keys, environment },
        // There, since `ssh` takes spaces and % in the name of a known_hosts file for more than a path.
        folder,
        hostKey: {
          // A machine that was destroyed and made anew has another key at the same address, and another id.
          HostKeyAlias: id,
          StrictHostKeyChecking: 'accept-new',
          UserKnownHostsFile: KNOWN_HOSTS,
        },
        refusedHostKey: () =>
          `has another host key than the machine had. If you have changed it: ssh-keygen -R ${id} -f '${file}'`,
      },
      power: powerOf(machine, environment),
    };
  };
}

/** @throws Error when Vagrant has not brought the machine up */
async function readMachine(folder: string, node: string): Promise<Machine> {
  const text = await readFile(join(folder, `${node}.json`), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new Error(`${node} has no machine: vagrant up`);
    throw error;
  });
  return JSON.parse(text) as Machine;
}
