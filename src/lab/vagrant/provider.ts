import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { PowerState } from '../lab.js';
import type { Machine, Machines } from './machine-file.js';

/** What is done to a machine from outside. Each command fails on a machine that is not in the state it starts from. */
export interface Provider {
  /** @throws Error where there is nobody who would switch it on again */
  assertSwitches(): void;
  power(): Promise<PowerState>;
  powerOn(): Promise<void>;
  /** Pulls the plug, of a suspended machine too. */
  powerOff(): Promise<void>;
  suspend(): Promise<void>;
  resume(): Promise<void>;
  /** @param mac of the interface whose cable it is, such as `52:54:00:aa:bb:cc` */
  setLink(mac: string, state: 'up' | 'down'): Promise<void>;
}

export function providerOf({ provider, id }: Machine, { environment }: Pick<Machines, 'environment'>): Provider {
  if (provider === 'none') return new NoProvider(id);
  return provider === 'libvirt' ? new Libvirt(id, environment) : new VirtualBox(id, environment);
}

/** Both providers use these words; all others are for machines that are off. */
function powerOf(state: string | undefined): PowerState {
  if (state === 'paused') return 'suspended';
  return state === 'running' ? 'on' : 'off';
}

/** Vagrant's plugin for libvirt uses the machine's own daemon. */
class Libvirt implements Provider {
  constructor(
    private readonly id: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  assertSwitches(): void {}

  async power(): Promise<PowerState> {
    return powerOf((await this.virsh('domstate', this.id)).trim());
  }

  async powerOn(): Promise<void> {
    await this.virsh('start', this.id);
  }

  async powerOff(): Promise<void> {
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

class VirtualBox implements Provider {
  constructor(
    private readonly id: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  assertSwitches(): void {}

  async power(): Promise<PowerState> {
    return powerOf((await this.info()).get('VMState'));
  }

  async powerOn(): Promise<void> {
    await this.manage('startvm', this.id, '--type', 'headless');
  }

  async powerOff(): Promise<void> {
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

/** Of a host that is no virtual machine here: it counts as on, and answers ssh or does not. */
class NoProvider implements Provider {
  constructor(private readonly id: string) {}

  async power(): Promise<PowerState> {
    return 'on';
  }

  powerOn(): Promise<void> {
    return this.refuse();
  }

  powerOff(): Promise<void> {
    return this.refuse();
  }

  suspend(): Promise<void> {
    return this.refuse();
  }

  resume(): Promise<void> {
    return this.refuse();
  }

  setLink(): Promise<void> {
    return this.refuse();
  }

  assertSwitches(): void {
    throw new Error(`${this.id} is no virtual machine of this host: its power and its cables are in your hand`);
  }

  private async refuse(): Promise<void> {
    this.assertSwitches();
  }
}

async function output(command: string, args: string[], environment: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { env: { ...environment, LC_ALL: 'C' } });
  return stdout;
}
