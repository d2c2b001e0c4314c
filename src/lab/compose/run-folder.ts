import { APP_FAULTS_FILE, RUN_FOLDER } from '../../node/contract.js';
import type { AppFaults } from '../fault-ports.js';
import { execute } from './docker-engine.js';
import type { NodeContainers } from './node-containers.js';

/* What a drill changes in a node's run folder. */

/** Fills the node's /run/ha-demo, as root in the node's own container. @throws Error when the node is not on */
export async function fillRunFolder(containers: NodeContainers, node: string): Promise<void> {
  containers.assertOn(node);
  await execute(containers.container(node, 'node'), ['/usr/lib/ha-demo/fill-run'], 'root');
}

/** Removes what fillRunFolder has written; nothing when the node is off, which empties the folder. */
export async function freeRunFolder(containers: NodeContainers, node: string): Promise<void> {
  if (containers.powerOf(node) === 'off') return;
  await execute(containers.container(node, 'node'), ['rm', '--force', `${RUN_FOLDER}/filling`], 'root');
}

/**
 * Writes the faults into the run folder by keepalived's container, which may, and sends the service SIGUSR2 to read them.
 * @throws Error when the node is not on, or keepalived or the service does not run
 */
export async function injectAppFaults(containers: NodeContainers, node: string, faults: AppFaults): Promise<void> {
  containers.assertOn(node);
  const write = ['bash', '-c', `printf %s "$1" >${APP_FAULTS_FILE}`, 'write', JSON.stringify(faults)];
  await execute(containers.container(node, 'keepalived'), write);
  await containers.container(node, 'app').kill({ signal: 'SIGUSR2' });
}
