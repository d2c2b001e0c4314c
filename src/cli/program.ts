import { Command, InvalidArgumentError, Option } from 'commander';
import { benchCommand } from './bench.js';
import { checkCommand } from './check.js';
import { completeCommand } from './complete.js';
import { consoleCommand } from './console.js';
import { Context, type ContextSource } from './context.js';
import { doctorCommand } from './doctor.js';
import { downCommand } from './down.js';
import { drillCommand } from './drill.js';
import { healCommand } from './heal.js';
import { imagesCommand } from './images.js';
import { KEPT } from './kept-pairs.js';
import { LAB_KINDS } from './labs.js';
import { logsCommand } from './logs.js';
import { parityCommand } from './parity.js';
import { probeCommand } from './probe.js';
import { renderCommand } from './render.js';
import { killCommand, restartCommand, startCommand, stopCommand } from './service-control.js';
import { settingsFrom } from './settings.js';
import { statusCommand } from './status.js';
import { testCommand } from './test.js';
import { tryCommand } from './try.js';
import { upCommand } from './up.js';
import { watchCommand } from './watch.js';

const HINT = '(--help shows what is allowed)';

/**
 * The command line, with every command there is, in the order of the help.
 * @param environment what settings come from, beside the command line
 */
export function createProgram(environment: NodeJS.ProcessEnv): { program: Command; contextOf: ContextSource } {
  const program = new Command('ha-demo')
    .description('High availability with HAProxy and keepalived: run it, break it, measure it.')
    .addHelpText(
      'after',
      '\nBegin with:\n  $ ./ha-demo up\n  $ ./ha-demo console      in a browser\n  $ ./ha-demo kill haproxy frontend-01',
    )
    .addOption(
      new Option(
        '--lab <lab>',
        'containers, the virtual machines of `vagrant up`, hosts of your own, or try:NAME, a pair that `try --keep` left',
      )
        .choices(LAB_KINDS)
        .argParser(labNamed)
        .default('containers')
        .env('HA_DEMO_LAB'),
    )
    .showHelpAfterError(HINT)
    .exitOverride();

  /** The command line has been read when a command asks for it. */
  const contextOf = () => new Context(settingsFrom(environment, program.opts<{ lab: string }>().lab));

  for (const command of [
    upCommand(contextOf),
    downCommand(contextOf),
    statusCommand(contextOf),
    consoleCommand(contextOf),
    watchCommand(contextOf),
    stopCommand(contextOf),
    startCommand(contextOf),
    restartCommand(contextOf),
    killCommand(contextOf),
    logsCommand(contextOf),
    probeCommand(contextOf),
    drillCommand(contextOf),
    healCommand(contextOf),
    parityCommand(contextOf),
    benchCommand(contextOf),
    renderCommand(contextOf),
    checkCommand(contextOf),
    tryCommand(contextOf),
    imagesCommand(contextOf),
    doctorCommand(contextOf),
    testCommand(contextOf),
    completeCommand(contextOf, program),
  ]) {
    program.addCommand(command.exitOverride().showHelpAfterError(HINT));
  }
  return { program, contextOf };
}

function labNamed(name: string): string {
  if (LAB_KINDS.includes(name) || (name.startsWith(KEPT) && /^[a-z0-9-]+$/.test(name.slice(KEPT.length)))) return name;
  throw new InvalidArgumentError(`Allowed choices are ${LAB_KINDS.join(', ')}, and ${KEPT}NAME.`);
}
