import { setPriority } from 'node:os';
import { CommanderError } from 'commander';
import { InvalidInputError } from '../common/errors.js';
import { LabCommand } from './lab-command.js';
import { lockProject, NotPreparedError, prepareEngine } from './prepare.js';
import { createProgram } from './program.js';

const { program, contextOf } = createProgram(process.env);

program.hook('preAction', async (_program, command) => {
  const { containers, engine, alone, ownLab } = command instanceof LabCommand ? command.wanted : {};
  const { keptPair, settings } = contextOf();
  const pair = ownLab && contextOf().pair;
  if (pair) throw new InvalidInputError(`--lab: ${settings.labKind} is not for ${command.name()}: ${pair.because}`);
  if (!keptPair && containers !== undefined) contextOf().assertContainers(containers);
  if (engine) {
    const unlock = await lockProject();
    Object.assign(process.env, await prepareEngine());
    // Node by node is no order when two do it: the lock is this process's to the end.
    if (!alone) unlock();
  }
  // The lab runs on the same processors: a command must not be what disturbs it. Not sooner: an engine that is started has
  // the priority of who starts it.
  setPriority(10);
});

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
