import { APP_FAULTS_FILE, RUN_FOLDER } from '../../node/contract.js';
import type { AppFaults } from '../fault-ports.js';
import { execute } from './docker-engine.js';
import type { NodeContainers } from './node-containers.js';

/* What a drill changes in a node's run folder. */

/** The node's own container is there as long as the node is on; root owns the folder. */
export async function fillRunFolder(containers: NodeContainers, node: string): Promise<void> {
  containers.assertOn(node);
  await execute(containers.container(node, 'node'), ['/usr/lib/ha-demo/fill-run'], 'root');
}

/** With the node off, the folder's content is gone. */
export async function freeRunFolder(containers: NodeContainers, node: string): Promise<void> {
  if (containers.powerOf(node) === 'off') return;
  await execute(containers.container(node, 'node'), ['rm', '--force', `${RUN_FOLDER}/filling`], 'root');
}

/** keepalived's container may write there; the service may read, and does when it is told. */
export async function injectAppFaults(containers: NodeContainers, node: string, faults: AppFaults): Promise<void> {
  containers.assertOn(node);
  const write = ['bash', '-c', `printf %s "$1" >${APP_FAULTS_FILE}`, 'write', JSON.stringify(faults)];
  await execute(containers.container(node, 'keepalived'), write);
  await containers.container(node, 'app').kill({ signal: 'SIGUSR2' });
}
