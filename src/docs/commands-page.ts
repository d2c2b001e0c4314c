import { Command } from 'commander';
import { slug } from 'github-slugger';

const WIDTH = 110;

/** What `--help` says, of the program and of every command, as Markdown: a list of them, then a heading and a block each. */
export function commandsPage(program: Command): string {
  const commands = leavesOf(program);
  const list = commands.map((command) => {
    const name = nameOf(command);
    return `- [\`${name}\`](#${slug(name)}): ${command.description()}`;
  });
  const parts = commands.map((command) => `## ${nameOf(command)}\n\n\`\`\`text\n${helpOf(command).trim()}\n\`\`\`\n`);
  return [`${list.join('\n')}\n`, ...parts].join('\n');
}

/** Without those that only hold others. */
function leavesOf(program: Command): Command[] {
  return [
    program,
    ...program.commands.flatMap((command) => (command.commands.length > 0 ? command.commands : command)),
  ];
}

function nameOf(command: Command): string {
  return command.parent ? `${nameOf(command.parent)} ${command.name()}` : `./${command.name()}`;
}

/** With the examples and the exit codes, which stand below the options. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => (text += part),
    getOutHelpWidth: () => WIDTH,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text;
}
