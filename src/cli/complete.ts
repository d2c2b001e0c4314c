import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command as CompletedCommand, RootCommand } from '@bomb.sh/tab';
import { Command, type Option } from 'commander';
import { PROFILE_NAMES } from '../cluster/cluster-file.js';
import { nodesOf } from '../cluster/cluster.js';
import { InvalidInputError } from '../common/errors.js';
import { CATALOGUE } from '../drill/catalogue.js';
import { SERVICE_NAMES } from '../node/contract.js';
import type { Context, ContextSource } from './context.js';

const SHELLS = ['bash', 'zsh', 'fish'];

/**
 * Prints what a shell completes the command line with. The script that it prints asks this command, with the words so far behind
 * `--`, for what may come next.
 */
export function completeCommand(contextOf: ContextSource, program: Command): Command {
  return new Command('complete')
    .description('print the completion of commands, faults and nodes for bash, zsh or fish, to be sourced')
    .argument('<shell>', `one of ${SHELLS.join(', ')}`)
    .allowExcessArguments()
    .addHelpText(
      'after',
      '\nExamples:\n  $ source <(./ha-demo complete bash)\n  $ ./ha-demo complete fish >~/.config/fish/completions/ha-demo.fish',
    )
    .action(async (shell: string) => {
      const words = wordsToComplete(process.argv);
      const completion = completionOf(program, words ? await namesOf(contextOf) : new Map<string, string[]>());
      if (words) {
        completion.parse(words);
        return;
      }
      if (!SHELLS.includes(shell)) throw new InvalidInputError(`shell: ${shell} must be one of ${SHELLS.join(', ')}`);
      const main = join(fileURLToPath(import.meta.url), '..', 'main.js');
      completion.setup('ha-demo', `'${process.execPath}' '${main}'`, shell);
    });
}

/** Behind `--`; undefined when the script itself is wanted. */
function wordsToComplete(argv: string[]): string[] | undefined {
  const separator = argv.indexOf('--');
  return separator < 0 ? undefined : argv.slice(separator + 1);
}

/** What an argument or an option takes, by its name. */
type Names = Map<string, string[]>;

async function namesOf(contextOf: ContextSource): Promise<Names> {
  return new Map([
    ['node', await nodeNamesOf(contextOf())],
    ['fault', CATALOGUE.map(({ name }) => name)],
    ['what', [...SERVICE_NAMES, 'node']],
    ['service', [...SERVICE_NAMES]],
    ['profile', [...PROFILE_NAMES]],
    ['shell', SHELLS],
  ]);
}

/** Of hosts of somebody else's those of the inventory: nobody is asked for a completion. */
async function nodeNamesOf(context: Context): Promise<string[]> {
  return context.unmanaged?.nodeNames ?? nodesOf(await context.cluster()).map(({ name }) => name);
}

function completionOf(program: Command, names: Names): RootCommand {
  const root = new RootCommand();
  addOptions(root, program.options, names);
  for (const command of program.commands) {
    // Of one that has others below it, such as `images save`.
    const below = command.commands.map((each) => [`${command.name()} ${each.name()}`, each] as const);
    for (const [name, each] of [[command.name(), command] as const, ...below]) {
      const completed = root.command(name, each.description());
      // Those of the program may stand behind a command, too.
      addOptions(completed, [...each.options, ...program.options], names);
      for (const argument of each.registeredArguments)
        completed.argument(argument.name(), completing(argument.argChoices ?? names.get(argument.name())));
    }
  }
  return root;
}

function addOptions(completed: CompletedCommand, options: readonly Option[], names: Names): void {
  for (const option of options) {
    const name = option.long!.replace(/^--/, '');
    const alias = option.short?.replace(/^-/, '');
    if (option.required || option.optional) {
      const values = option.argChoices ?? names.get(option.attributeName());
      completed.option(name, option.description, completing(values), alias);
    } else if (alias === undefined) completed.option(name, option.description);
    else completed.option(name, option.description, alias);
  }
}

function completing(values: readonly string[] = []): (complete: (value: string, description: string) => void) => void {
  return (complete) => {
    for (const value of values) complete(value, '');
  };
}
