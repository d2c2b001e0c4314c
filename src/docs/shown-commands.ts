import type { Command, CommanderError } from 'commander';
import type { Tokens } from 'marked';
import { type Text, tokensOf } from './links.js';

/** From `./ha-demo` to where the shell begins something else. `<node>` is a word. */
const CALL = /(?:^|[\s(])\.\/ha-demo((?: (?:<[a-z]+>|[^|<>&;)\n])*)?)/g;

/**
 * Calls of `./ha-demo` that the command line refuses: of a command, an option or a number of arguments that it does not have. They are looked
 * for in shell blocks and in the code within the text.
 * @param programOf a new one for each call, since a parsed one remembers its options
 * @returns a line each
 */
export function refusedCommands(texts: Text[], programOf: () => Command): string[] {
  return texts.flatMap(({ path, text }) =>
    callsIn(text)
      .map((call) => ({ ...call, refusal: refusalOf(programOf(), call) }))
      .filter(({ refusal }) => refusal !== undefined)
      .map(({ args, refusal }) => `${path}: ./ha-demo ${args.join(' ')}: ${refusal}`),
  );
}

interface Call {
  args: string[];
  /** In a sentence, where `./ha-demo kill` is the command as such; elsewhere it is to be typed as it is. */
  isMention: boolean;
}

function callsIn(text: string): Call[] {
  return tokensOf(text)
    .filter(
      (token): token is Tokens.Code | Tokens.Codespan =>
        token.type === 'codespan' || (token.type === 'code' && token.lang === 'sh'),
    )
    .flatMap(({ type, text: code }) =>
      [...withoutComments(code).matchAll(CALL)].map(([, words]) => ({
        args: words!.split(/\s+/).filter((word) => word !== ''),
        isMention: type === 'codespan',
      })),
    )
    .filter(({ args }) => args.length > 0 && !args.includes('...') && args[0] !== '<command>');
}

/** And a command in one line. */
function withoutComments(code: string): string {
  return code.replaceAll(/\\\n\s*/g, '').replaceAll(/(^|\s)#.*/gm, '$1');
}

/** What the command line says to it, without doing it; undefined when it is accepted. */
function refusalOf(program: Command, { args, isMention }: Call): string | undefined {
  const below = program.commands.flatMap(({ commands }) => commands);
  for (const command of [...program.commands, ...below])
    command
      .exitOverride()
      .configureOutput({ writeErr: () => {}, writeOut: () => {} })
      .action(() => {});
  program.configureOutput({ writeErr: () => {}, writeOut: () => {} });
  try {
    program.parse(args, { from: 'user' });
    return undefined;
  } catch (error) {
    const { exitCode, code, message } = error as CommanderError;
    const isHelp = exitCode === 0;
    return isHelp || (isMention && code === 'commander.missingArgument') ? undefined : message;
  }
}
