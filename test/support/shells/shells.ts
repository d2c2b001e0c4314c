import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { projectFolder } from '../workspace.js';

const IMAGE = 'ha-demo/test-shells';
const FOLDER = new URL('.', import.meta.url).pathname;

const docker = async (...args: string[]) =>
  (await promisify(execFile)('docker', args, { maxBuffer: 64 * 2 ** 20 })).stdout;

export type Shell = 'bash' | 'zsh' | 'fish';

export async function buildShells(): Promise<void> {
  const debian = process.env['HA_DEMO_DEBIAN_IMAGE'] ?? 'debian:trixie-slim';
  const network = process.env['HA_DEMO_BUILD_NETWORK'] ?? 'default';
  await docker('build', '--tag', IMAGE, '--network', network, '--build-arg', `DEBIAN_IMAGE=${debian}`, FOLDER);
}

/** What each shell does when somebody presses Tab behind `line`: its own completion, asked by the means it has for that. */
const ASKING: Record<Shell, (line: string) => string> = {
  bash: (line) => `
    source /usr/share/bash-completion/bash_completion
    source <(./ha-demo-completion)
    COMP_LINE=${quoted(line)} COMP_POINT=${line.length} COMP_TYPE=9
    read -ra COMP_WORDS <<<"$COMP_LINE"
    [[ $COMP_LINE != *' ' ]] || COMP_WORDS+=('')
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    completion=$(complete -p ha-demo)
    [[ $completion =~ -F\\ ([^ ]+) ]]
    "\${BASH_REMATCH[1]}" ha-demo
    printf '%s\\n' "\${COMPREPLY[@]}"`,
  // A terminal would draw what _describe is given.
  zsh: (line) => `
    compdef() { : }
    source <(./ha-demo-completion)
    _describe() { print -l -- "\${completions[@]}" }
    words=(\${(z):-${quoted(line)}})
    [[ ${quoted(line)} != *' ' ]] || words+=('')
    CURRENT=\${#words}
    _ha-demo`,
  fish: (line) => `
    ./ha-demo-completion | source
    complete -C ${quoted(line)}`,
};

/**
 * @param script what `./ha-demo complete <shell>` has printed
 * @param line as typed, with the space behind the last whole word
 * @returns what may come next, without descriptions
 */
export async function completionsOf(shell: Shell, script: string, line: string): Promise<string[]> {
  const asking = ASKING[shell](line).replaceAll('./ha-demo-completion', () => `printf %s ${quoted(script, shell)}`);
  const mounted = ['--volume', `${projectFolder}:${projectFolder}:ro`];
  const output = await docker('run', '--rm', '--network', 'none', ...mounted, IMAGE, shell, '-c', asking);
  return output
    .split('\n')
    .map((each) => each.replace(/[\t:(].*/, '').trim())
    .filter((each) => each !== '');
}

/** Between single quotes a backslash is itself, but in fish. */
function quoted(text: string, shell?: Shell): string {
  const literal = shell === 'fish' ? text.replaceAll('\\', '\\\\') : text;
  return `'${literal.replaceAll("'", `'"'"'`)}'`;
}
