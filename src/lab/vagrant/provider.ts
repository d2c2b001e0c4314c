import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Machine } from './machines.js';

/** What is done to a machine from outside. */
export interface Provider {
  isRunning(): Promise<boolean>;
  powerOn(): Promise<void>;
  /** Pulls the plug. */
  powerOff(): Promise<void>;
}

export function providerOf({ provider, id }: Machine): Provider {
  return provider === 'libvirt' ? new Libvirt(id) : new VirtualBox(id);
}

/** Vagrant's plugin for libvirt uses the machine's own daemon. */
class Libvirt implements Provider {
  constructor(private readonly id: string) {}

  async isRunning(): Promise<boolean> {
    return (await this.virsh('domstate', this.id)).trim() === 'running';
  }

  async powerOn(): Promise<void> {
    if (!(await this.isRunning())) await this.virsh('start', this.id);
  }

  async powerOff(): Promise<void> {
    if (await this.isRunning()) await this.virsh('destroy', this.id);
  }

  private virsh(...args: string[]): Promise<string> {
    return output('virsh', ['--connect', 'qemu:///system', ...args]);
  }
}

class VirtualBox implements Provider {
  constructor(private readonly id: string) {}

  async isRunning(): Promise<boolean> {
    return (await this.manage('showvminfo', this.id, '--machinereadable')).includes('VMState="running"');
  }

  async powerOn(): Promise<void> {
    if (!(await this.isRunning())) await this.manage('startvm', this.id, '--type', 'headless');
  }

  async powerOff(): Promise<void> {
    if (await this.isRunning()) await this.manage('controlvm', this.id, 'poweroff');
  }

  private manage(...args: string[]): Promise<string> {
    return output('VBoxManage', args);
  }
}

async function output(command: string, args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { env: { ...process.env, LC_ALL: 'C' } });
  return stdout;
}
