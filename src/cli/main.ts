import { setPriority } from 'node:os';
import { Command, CommanderError, Option } from 'commander';
import { InvalidInputError } from '../common/errors.js';
import { benchCommand } from './bench.js';
import { Context } from './context.js';
import { doctorCommand } from './doctor.js';
import { downCommand } from './down.js';
import { drillCommand } from './drill.js';
import { healCommand } from './heal.js';
import { imagesCommand } from './images.js';
import { LabCommand } from './lab-command.js';
import { logsCommand } from './logs.js';
import { parityCommand } from './parity.js';
import { lockProject, NotPreparedError, prepareEngine } from './prepare.js';
import { probeCommand } from './probe.js';
import { renderCommand } from './render.js';
import { LAB_KINDS } from './labs.js';
import { settingsFrom } from './settings.js';
import { killCommand, restartCommand, startCommand, stopCommand } from './service-control.js';
import { statusCommand } from './status.js';
import { testCommand } from './test.js';
import { upCommand } from './up.js';
import { watchCommand } from './watch.js';

const program = new Command('ha-demo')
  .description('High availability with HAProxy and keepalived: run it, break it, measure it.')
  .addHelpText(
    'after',
    '\nBegin with:\n  $ ./ha-demo up\n  $ ./ha-demo watch        in a second terminal\n  $ ./ha-demo kill haproxy frontend-01',
  )
  .addOption(
    new Option('--lab <lab>', 'containers, or the virtual machines of `vagrant up`')
      .choices(LAB_KINDS)
      .default('containers')
      .env('HA_DEMO_LAB'),
  )
  .hook('preAction', async (_program, command) => {
    const { containers, engine, alone } = command instanceof LabCommand ? command.wanted : {};
    if (containers !== undefined) contextOf().assertContainers(containers);
    if (engine) {
      const unlock = await lockProject();
      Object.assign(process.env, await prepareEngine());
      // Node by node is no order when two do it: the lock is this process's to the end.
      if (!alone) unlock();
    }
    // The lab runs on the same processors: a command must not be what disturbs it. Not sooner: an engine that is started has
    // the priority of who starts it.
    setPriority(10);
  })
  .showHelpAfterError('(--help shows what is allowed)')
  .exitOverride();

/** The command line has been read when a command asks for it. */
const contextOf = () => new Context(settingsFrom(process.env, program.opts<{ lab: string }>().lab));

for (const command of [
  upCommand(contextOf),
  downCommand(contextOf),
  statusCommand(contextOf),
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
  imagesCommand(contextOf),
  doctorCommand(contextOf),
  testCommand(contextOf),
]) {
  program.addCommand(command.exitOverride().showHelpAfterError('(--help shows what is allowed)'));
}

// Who reads the output has seen enough, such as `| head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong; 0 is for --help and --version.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (error instanceof NotPreparedError) {
    process.exitCode = error.exitCode;
  } else if (error instanceof InvalidInputError) {
    console.error(`ha-demo: ${error.message}`);
    process.exitCode = error.exitCode;
  } else {
    console.error(`ha-demo: ${process.env['DEBUG'] ? (error as Error).stack : (error as Error).message}`);
    process.exitCode = 1;
  }
}
