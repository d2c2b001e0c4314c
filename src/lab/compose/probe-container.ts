import type { Cluster } from '../../cluster/cluster.js';
import type { ProbeEvent } from '../../drill/probe/probe-event.js';
import { runProbeProcess } from '../probe-process.js';
import { PROJECT_LABEL } from './compose-lab.js';

/**
 * Runs the probe in a container on the lab's LAN, where a client of the cluster would be. See `runProbeProcess`.
 * @param probeArguments flags of src/drill/probe/main.ts, without --lan
 */
export function runProbeInContainer(
  cluster: Cluster,
  probeArguments: string[],
  onEvent: (event: ProbeEvent) => void,
  signal?: AbortSignal,
): Promise<void> {
  const args = [
    ...['run', '--rm', '--interactive', '--init', '--label', `${PROJECT_LABEL}=${cluster.name}`],
    ...['--network', `${cluster.name}_lan`, '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--read-only'],
    ...['ha-demo/service', 'node', 'dist/drill/probe/main.js', '--lan', cluster.lan.subnet, '--stop-on-stdin-close'],
    ...probeArguments,
  ];
  return runProbeProcess('docker', args, onEvent, signal);
}
