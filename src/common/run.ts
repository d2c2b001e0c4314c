import { spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A command ended with another exit code than 0. The message has the end of what it wrote, and where the rest is. */
export class CommandFailedError extends Error {
  constructor(
    message: string,
    /** The last lines of what it wrote. */
    readonly output: string[],
    /** Null when it was ended by a signal, or could not be started. */
    readonly exitCode: number | null,
  ) {
    super(message);
  }
}

export interface RunOptions {
  /** The file that takes what the command writes; an older one is replaced. */
  log: string;
  cwd: string;
  /** What the command finds in its environment beside that of this process. */
  variables?: Record<string, string>;
  /** What the command reads from stdin; nothing without it. */
  input?: string;
}

/**
 * Runs a command until it ends; what it writes to stdout and stderr goes into the file `log`.
 * @throws CommandFailedError when it ends with another exit code than 0 or by a signal, or cannot be started
 */
export async function runLogged(
  command: string,
  args: string[],
  { log, cwd, variables = {}, input }: RunOptions,
): Promise<void> {
  await mkdir(dirname(log), { recursive: true });
  const output = await open(log, 'w');
  let exitCode: number | null = null;
  let ending: string | undefined;
  try {
    const child = spawn(...withVariables(variables, command, args), {
      cwd,
      stdio: [input === undefined ? 'ignore' : 'pipe', output.fd, output.fd],
    });
    child.stdin?.end(input);
    ending = await new Promise<string | undefined>((resolve) => {
      child.once('error', (error) => resolve(`could not be started: ${error.message}`));
      child.once('close', (code, signal) => {
        exitCode = code;
        resolve(code === 0 ? undefined : `ended with ${signal ?? `exit code ${code}`}`);
      });
    });
  } finally {
    await output.close();
  }
  if (ending === undefined) return;
  const tail = (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-20);
  const message = [`${command} ${args.join(' ')} ${ending}`, ...tail, `full log: ${log}`].join('\n');
  throw new CommandFailedError(message, tail, exitCode);
}

/**
 * A command that finds variables in its environment beside those of this process; env(1) makes it so.
 * @returns what `spawn` takes
 */
export function withVariables(variables: Record<string, string>, command: string, args: string[]): [string, string[]] {
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return assignments.length === 0 ? [command, args] : ['env', [...assignments, command, ...args]];
}
