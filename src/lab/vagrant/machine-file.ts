import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How to reach a machine; the Vagrantfile's triggers write one file a machine (vagrant/connections.rb). */
export interface Machine {
  /** `none`: a host of the user's own, whose power and cables are in nobody's hand here. */
  provider: 'libvirt' | 'virtualbox' | 'none';
  /** The provider's; of a host of one's own any name that is not another one's. Its host key is kept under it. */
  id: string;
  host: string;
  port: number;
  user: string;
  keys: string[];
}

/** The machines of a lab, as this host reaches them. */
export interface Machines {
  /** Where the Vagrantfile has written how to reach them. */
  folder: string;
  /** Of the commands that do: ssh, and those of the provider. */
  environment: NodeJS.ProcessEnv;
}

/** @throws Error when Vagrant has not brought the machine up */
export async function readMachine({ folder }: Pick<Machines, 'folder'>, node: string): Promise<Machine> {
  const text = await readFile(join(folder, `${node}.json`), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new Error(`${node} has no machine: vagrant up`);
    throw error;
  });
  return JSON.parse(text) as Machine;
}
