import { randomInt } from 'node:crypto';
import type { Cluster } from '../../cluster/cluster.js';
import type { ProbeEvent } from '../../drill/probe/probe-event.js';
import { runProbeProcess } from '../probe-process.js';
import { PROJECT_LABEL } from './node-containers.js';

/**
 * A kernel gives a new container with an old one's address the ports that the old one has just used. For a minute nodes
 * of a tier of three or more remember connections that had them (see docs/architecture.md, second chance): what one probe
 * has done must not cost the next one anything.
 */
const PORT_RANGES = ['10000 23999', '24000 37999', '38000 51999', '52000 65535'];
let probesStarted = randomInt(PORT_RANGES.length);

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
    ...['--sysctl', `net.ipv4.ip_local_port_range=${PORT_RANGES[probesStarted++ % PORT_RANGES.length]}`],
    ...['--network', `${cluster.name}_lan`, '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--read-only'],
    ...['ha-demo/service', 'node', 'dist/drill/probe/main.js', '--lan', cluster.lan.subnet, '--stop-on-stdin-close'],
    ...probeArguments,
  ];
  return runProbeProcess('docker', args, onEvent, signal);
}
