import type { Cluster } from '../../cluster/cluster.js';
import type { NodeConfiguration, NodeObservation, ObserveOptions } from '../lab.js';
import { configurationIn, observationOf, type Told, toldBy } from '../node-report.js';
import { execute, ExitCodeError } from './docker-engine.js';
import type { NodeContainers } from './node-containers.js';

/** What is to be seen of a node from its containers, and what it tells itself. */
export async function observeNode(
  cluster: Cluster,
  containers: NodeContainers,
  node: string,
  { configuration = false }: ObserveOptions,
): Promise<NodeObservation> {
  const power = containers.powerOf(node);
  const isAsked = configuration && power === 'on';
  const [told, startedAtMs] = await Promise.all([
    power === 'on' ? toldOf(containers, node, ...(isAsked ? ['--configuration'] : [])) : {},
    isAsked ? startsOf(containers, node) : undefined,
  ]);
  const services = {
    app: containers.conditionOf(node, 'app'),
    haproxy: containers.conditionOf(node, 'haproxy'),
    keepalived: containers.conditionOf(node, 'keepalived'),
  };
  const observation = observationOf(cluster, node, power, services, told);
  const seen = startedAtMs && configurationIn(told, startedAtMs);
  return seen ? { ...observation, configuration: seen } : observation;
}

/** How what is rendered for a node differs from what the node runs on; undefined when it does not tell. */
export async function configurationOf(
  containers: NodeContainers,
  node: string,
): Promise<NodeConfiguration | undefined> {
  const [told, startedAtMs] = await Promise.all([
    toldOf(containers, node, '--configuration'),
    startsOf(containers, node),
  ]);
  return configurationIn(told, startedAtMs);
}

async function toldOf(containers: NodeContainers, node: string, ...options: string[]): Promise<Told> {
  const command = ['/usr/lib/ha-demo/observe', ...options];
  try {
    return toldBy(await execute(containers.container(node, 'node'), command));
  } catch (error) {
    // A node that goes down while it is asked is off, not an error.
    if (isGone(error)) return {};
    // A script of one version may not get along with what another one renders: an update goes through that.
    if (error instanceof ExitCodeError) return { unreadable: error.message };
    throw error;
  }
}

async function startsOf(containers: NodeContainers, node: string): Promise<Record<'app' | 'keepalived', number>> {
  const [app, keepalived] = await Promise.all([
    containers.startedAtMs(node, 'app'),
    containers.startedAtMs(node, 'keepalived'),
  ]);
  return { app, keepalived };
}

/** 404: removed. 409: not running. */
function isGone(error: unknown): boolean {
  const { statusCode } = error as { statusCode?: number };
  return statusCode === 404 || statusCode === 409;
}
