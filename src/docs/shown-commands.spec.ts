import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { refusedCommands } from './shown-commands.js';

function programOf(): Command {
  const program = new Command('ha-demo').exitOverride();
  program.command('up').option('--wait');
  program.command('kill').argument('<what>').argument('<node>');
  program.command('images').addCommand(new Command('save'));
  return program;
}

const refusedIn = (text: string) => refusedCommands([{ path: 'a.md', text }], programOf);

describe('refusedCommands', () => {
  it('finds commands, options and arguments that there are not', () => {
    expect(refusedIn('```sh\n./ha-demo down\n./ha-demo up --quick\n./ha-demo kill app\n```')).toEqual([
      "a.md: ./ha-demo down: error: unknown command 'down'",
      "a.md: ./ha-demo up --quick: error: unknown option '--quick'",
      "a.md: ./ha-demo kill app: error: missing required argument 'node'",
    ]);
  });

  it('reads a line as a shell does, and the code within a text', () => {
    const text = 'Try `FOO=1 ./ha-demo up`.\n\n```sh\n./ha-demo up | grep x\ncd a && ./ha-demo up --wait # now\n```';
    expect(refusedIn(text)).toEqual([]);
    expect(refusedIn('`./ha-demo dwon`')).toEqual(["a.md: ./ha-demo dwon: error: unknown command 'dwon'"]);
    expect(refusedIn('```sh\n./ha-demo kill \\\n  app frontend-01\n./ha-demo images save\n```')).toEqual([]);
  });

  it('leaves alone what is no call, and what a block only shows', () => {
    expect(
      refusedIn('`./ha-demo kill`, `./ha-demo kill <what> <node>`, `./ha-demo`, `./ha-demo <command> -x`'),
    ).toEqual([]);
    expect(refusedIn('`src/ha-demo down`, `./ha-demo.sh down`, `./ha-demo ...`\n\n```\n./ha-demo down\n```')).toEqual(
      [],
    );
  });
});
