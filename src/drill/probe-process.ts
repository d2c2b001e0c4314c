import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Cluster } from '../cluster/cluster.js';
import type { ClientCommand } from '../lab/client-command.js';
import type { ProbeEvent } from '../probe/probe-event.js';

const PROGRAM = 'dist/probe/main.js';

/**
 * Runs the probe until its end.
 * @param probeArguments flags of src/probe/main.ts, without --lan: it is asked for the cluster's LAN, and refuses others
 * @param onEvent is called with each event as it comes
 * @param signal ends the probe early; its summary comes all the same
 * @throws Error with what the probe said when it refuses its arguments or cannot run
 */
export type RunProbe = (
  cluster: Cluster,
  probeArguments: string[],
  onEvent: (event: ProbeEvent) => void,
  signal?: AbortSignal,
) => Promise<void>;

/** The probe as a process of its own, which ends with its input. */
export function probeAt(client: ClientCommand): RunProbe {
  return async (cluster, probeArguments, onEvent, signal) => {
    const lan = ['--lan', cluster.lan.subnet, '--stop-on-stdin-close'];
    const { command, args, cwd, env, input } = client(cluster, PROGRAM, [...lan, ...probeArguments]);
    // In a process group of its own: Ctrl-C is this process's to hear, which may need the probe until it has healed the lab.
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      cwd,
      env,
    });
    // Why one that has ended takes nothing more is in what it says.
    child.stdin.on('error', () => {});
    if (input) child.stdin.write(input);
    // The end of its input stops the probe, also when this process is killed: nothing probes on unwatched.
    signal?.addEventListener('abort', () => child.stdin.end(), { once: true });
    if (signal?.aborted) child.stdin.end();
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    const exitCode = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    for await (const line of createInterface({ input: child.stdout })) onEvent(JSON.parse(line) as ProbeEvent);
    if ((await exitCode) !== 0)
      throw new Error(`the probe ended with exit code ${await exitCode}: ${complaint.trim()}`);
  };
}
