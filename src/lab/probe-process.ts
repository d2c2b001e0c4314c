import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ProbeEvent } from '../drill/probe/probe-event.js';

/**
 * Runs the probe as a process that ends with its input.
 * @param onEvent is called with each event as it comes
 * @param signal ends the probe early; its summary comes all the same
 * @throws Error with what the probe said when it refuses its arguments or cannot run
 */
export async function runProbeProcess(
  command: string,
  args: string[],
  onEvent: (event: ProbeEvent) => void,
  signal?: AbortSignal,
): Promise<void> {
  // In a process group of its own: Ctrl-C is this process's to hear, which may need the probe until it has healed the lab.
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  // The end of its input stops the probe, also when this process is killed: nothing probes on unwatched.
  signal?.addEventListener('abort', () => child.stdin.end(), { once: true });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const exitCode = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  for await (const line of createInterface({ input: child.stdout })) onEvent(JSON.parse(line) as ProbeEvent);
  if ((await exitCode) !== 0) throw new Error(`the probe ended with exit code ${await exitCode}: ${complaint.trim()}`);
}
