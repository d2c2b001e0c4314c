import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Cluster } from '../../cluster/cluster.js';
import type { ProbeEvent } from '../../drill/probe/probe-event.js';
import { PROJECT_LABEL } from './compose-lab.js';

/**
 * Runs the probe in a container on the lab's LAN, where a client of the cluster would be.
 * @param probeArguments flags of src/drill/probe/main.ts, without --lan
 * @param onEvent is called with each event as it comes
 * @throws Error with what the probe said when it refuses its arguments or cannot run
 */
export async function runProbe(
  cluster: Cluster,
  probeArguments: string[],
  onEvent: (event: ProbeEvent) => void,
  signal?: AbortSignal,
): Promise<void> {
  const child = spawn(
    'docker',
    [
      ...['run', '--rm', '--interactive', '--init', '--label', `${PROJECT_LABEL}=${cluster.name}`],
      ...[
        '--network',
        `${cluster.name}_lan`,
        '--cap-drop',
        'ALL',
        '--security-opt',
        'no-new-privileges',
        '--read-only',
      ],
      ...['ha-demo/service', 'node', 'dist/drill/probe/main.js', '--lan', cluster.lan.subnet, '--stop-on-stdin-close'],
      ...probeArguments,
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
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
