import { describe, expect, it } from '@jest/globals';
import { CommandPower, NoPower } from './power.js';

const environment = { PATH: process.env.PATH };

function by(commands: { on?: string; off?: string; state?: string }): CommandPower {
  return new CommandPower('lb1', { on: 'false', state: 'false', ...commands }, '10.0.0.1', environment);
}

describe('a host that is switched by commands', () => {
  it.each([
    ['Chassis Power is on', 'on'],
    ['running', 'on'],
    ['Running (VM)', 'on'],
    ['Chassis Power is off', 'off'],
    ['stopped, once more', 'off'],
    ['', 'off'],
  ])('that prints `%s` is %s', async (printed, state) => {
    expect(await by({ state: `echo '${printed}'` }).state()).toBe(state);
  });

  it('tells them which one is meant', async () => {
    const power = by({ state: '[ "$HA_DEMO_NODE $HA_DEMO_HOST" = "lb1 10.0.0.1" ] && echo on' });
    expect(await power.state()).toBe('on');
  });

  it('says which one has failed, and why, in a line', async () => {
    const power = by({ on: 'echo no route to the BMC >&2; echo more >&2; exit 1' });
    await expect(power.on()).rejects.toThrow(/^lb1: hosts\.power\.on: no route to the BMC$/);
  });

  it('does not show a command, which may have a password in it', async () => {
    await expect(by({ on: 'exit 7 # secret' }).on()).rejects.toThrow(/^lb1: hosts\.power\.on: exit code 7$/);
  });

  it('goes off itself where no command says how', () => {
    expect(by({}).off).toBeUndefined();
    expect(by({ off: 'true' }).off).toBeDefined();
  });
});

describe('a host that nobody switches', () => {
  it('counts as on, and says what could', async () => {
    const power = new NoPower('lb1');
    expect(await power.state()).toBe('on');
    await expect(power.on()).rejects.toThrow(
      'lb1: nothing here switches it on; cluster.yaml: hosts.power can say what',
    );
  });
});
