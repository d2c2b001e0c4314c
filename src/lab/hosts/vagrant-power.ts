import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { PowerState } from '../lab.js';
import type { Power } from './power.js';

/** A machine as its provider knows it. */
export interface ProviderMachine {
  provider: 'libvirt' | 'virtualbox';
  /** The provider's. */
  id: string;
}

export function powerOf({ provider, id }: ProviderMachine, environment: NodeJS.ProcessEnv): Required<Power> {
  return provider === 'libvirt' ? new Libvirt(id, environment) : new VirtualBox(id, environment);
}

/** Both providers use these words; all others are for machines that are off. */
function stateIn(word: string | undefined): PowerState {
  if (word === 'paused') return 'suspended';
  return word === 'running' ? 'on' : 'off';
}

/** Vagrant's plugin for libvirt uses the machine's own daemon. */
class Libvirt implements Required<Power> {
  constructor(
    private readonly id: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  async state(): Promise<PowerState> {
    return stateIn((await this.virsh('domstate', this.id)).trim());
  }

  async on(): Promise<void> {
    await this.virsh('start', this.id);
  }

  async off(): Promise<void> {
    await this.virsh('destroy', this.id);
  }

  async suspend(): Promise<void> {
    await this.virsh('suspend', this.id);
  }

  async resume(): Promise<void> {
    await this.virsh('resume', this.id);
  }

  async setLink(mac: string, state: 'up' | 'down'): Promise<void> {
    await this.virsh('domif-setlink', this.id, mac, state);
  }

  private virsh(...args: string[]): Promise<string> {
    return output('virsh', ['--connect', 'qemu:///system', ...args], this.environment);
  }
}

class VirtualBox implements Required<Power> {
  constructor(
    private readonly id: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  async state(): Promise<PowerState> {
    return stateIn((await this.info()).get('VMState'));
  }

  async on(): Promise<void> {
    await this.manage('startvm', this.id, '--type', 'headless');
  }

  async off(): Promise<void> {
    await this.manage('controlvm', this.id, 'poweroff');
  }

  async suspend(): Promise<void> {
    await this.manage('controlvm', this.id, 'pause');
  }

  async resume(): Promise<void> {
    await this.manage('controlvm', this.id, 'resume');
  }

  /** Its commands name a machine's interfaces by number, from 1; their MACs are `macaddress1="080027AABBCC"`. */
  async setLink(mac: string, state: 'up' | 'down'): Promise<void> {
    const wanted = mac.replaceAll(':', '').toUpperCase();
    const isCard = ([name, value]: [string, string]) => /^macaddress\d+$/.test(name) && value === wanted;
    const [key] = [...(await this.info())].find(isCard) ?? [];
    if (key === undefined) throw new Error(`${this.id}: has no interface with the address ${mac}`);
    const number = key.slice('macaddress'.length);
    await this.manage('controlvm', this.id, `setlinkstate${number}`, state === 'up' ? 'on' : 'off');
  }

  /** `name="value"`, a line each. */
  private async info(): Promise<Map<string, string>> {
    const output = await this.manage('showvminfo', this.id, '--machinereadable');
    const lines = output.matchAll(/^"?([^"=\r\n]+)"?="?([^"\r\n]*)"?\r?$/gm);
    return new Map(Array.from(lines, ([, name = '', value = '']) => [name, value]));
  }

  private manage(...args: string[]): Promise<string> {
    return output('VBoxManage', args, this.environment);
  }
}

async function output(command: string, args: string[], environment: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { env: { ...environment, LC_ALL: 'C' } });
  return stdout;
}
