import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Runs the `docker` command, for what the engine's API makes longer than its command line.
 * @returns what it prints, 16 MiB at most
 * @throws Error with the command and what it complained of @throws AbortError when the signal aborts it
 */
export async function docker(args: string[], options: { signal?: AbortSignal | undefined } = {}): Promise<string> {
  return (await promisify(execFile)('docker', args, { maxBuffer: 2 ** 24, ...options })).stdout;
}
