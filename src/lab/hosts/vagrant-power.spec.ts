import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { powerOf, type ProviderMachine } from './vagrant-power.js';

/*
 * Of libvirt the tests on virtual machines run the real one. VirtualBox needs a kernel module and a person's desktop: here
 * a script answers in the format of `VBoxManage showvminfo --machinereadable`, and writes down what it is told.
 */
const INFO = `name="frontend-01"
groups="/"
VMState="STATE"
VMStateChangeTime="2026-11-22T19:00:00.000000000"
natnet1="nat"
macaddress1="080027A1B2C3"
cableconnected1="on"
nic1="nat"
hostonlyadapter2="vboxnet0"
macaddress2="080027D4E5F6"
cableconnected2="on"
nic2="hostonly"
`;

const machine: ProviderMachine = { provider: 'virtualbox', id: 'the-id' };
let folder: string;
let environment: NodeJS.ProcessEnv;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ha-demo-provider-'));
  const script = `#!/bin/sh\ncd ${folder}\nif [ "$1" = showvminfo ]; then cat info; else echo "$@" >>told; fi\n`;
  await writeFile(join(folder, 'VBoxManage'), script);
  await chmod(join(folder, 'VBoxManage'), 0o755);
  await writeFile(join(folder, 'told'), '');
  environment = { PATH: `${folder}:${process.env.PATH}` };
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function machineIs(state: string): Promise<void> {
  await writeFile(join(folder, 'info'), INFO.replace('STATE', state));
}

const told = () => readFile(join(folder, 'told'), 'utf8');

describe('a machine of VirtualBox', () => {
  it.each([
    ['running', 'on'],
    ['paused', 'suspended'],
    ['poweroff', 'off'],
    ['aborted', 'off'],
  ])('that is %s is %s', async (state, power) => {
    await machineIs(state);
    expect(await powerOf(machine, environment).state()).toBe(power);
  });

  it.each([
    ['off', 'controlvm the-id poweroff\n'],
    ['on', 'startvm the-id --type headless\n'],
    ['suspend', 'controlvm the-id pause\n'],
    ['resume', 'controlvm the-id resume\n'],
  ] as const)('%s', async (action, expected) => {
    await powerOf(machine, environment)[action]();
    expect(await told()).toBe(expected);
  });

  it('has the cable pulled of the interface with the address', async () => {
    await machineIs('running');
    await powerOf(machine, environment).setLink('08:00:27:d4:e5:f6', 'down');
    await powerOf(machine, environment).setLink('08:00:27:a1:b2:c3', 'up');
    expect(await told()).toBe('controlvm the-id setlinkstate2 off\ncontrolvm the-id setlinkstate1 on\n');
  });

  it('says so when no interface has the address', async () => {
    await machineIs('running');
    await expect(powerOf(machine, environment).setLink('08:00:27:00:00:00', 'down')).rejects.toThrow(
      'the-id: has no interface with the address 08:00:27:00:00:00',
    );
  });
});
