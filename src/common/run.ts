import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';

/** A command ended with another exit code than 0. The message has the end of what it wrote, and where the rest is. */
export class CommandFailedError extends Error {}

export interface RunOptions {
  /** The file that takes what the command writes; an older one is replaced. */
  log: string;
  cwd: string;
  env?: NodeJS.ProcessEnv;
}

/** @throws CommandFailedError */
export async function runLogged(command: string, args: string[], { log, cwd, env = process.env }: RunOptions): Promise<void> {
  await mkdir(dirname(log), { recursive: true });
  const output = createWriteStream(log);
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  output.end();
  await finished(output);
  if (exitCode === 0) return;
  const tail = (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-20).join('\n');
  throw new CommandFailedError(`${command} ${args.join(' ')} ended with exit code ${exitCode}:\n${tail}\nfull log: ${log}`);
}
