import { fileURLToPath } from 'node:url';
import type { Cluster } from '../../cluster/cluster.js';
import type { ProbeEvent } from '../../drill/probe/probe-event.js';
import { runProbeProcess } from '../probe-process.js';

const PROGRAM = fileURLToPath(new URL('../../../dist/drill/probe/main.js', import.meta.url));

/**
 * Runs the probe on this host, whose interface to the machines' network makes it a client on their LAN; without one the
 * probe refuses to start. See `runProbeProcess`.
 * @param probeArguments flags of src/drill/probe/main.ts, without --lan
 */
export function runProbeOnHost(
  cluster: Cluster,
  probeArguments: string[],
  onEvent: (event: ProbeEvent) => void,
  signal?: AbortSignal,
): Promise<void> {
  const args = [PROGRAM, '--lan', cluster.lan.subnet, '--stop-on-stdin-close', ...probeArguments];
  return runProbeProcess(process.execPath, args, onEvent, signal);
}
