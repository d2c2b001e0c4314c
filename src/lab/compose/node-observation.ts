import type { Cluster } from '../../cluster/cluster.js';
import type { NodeConfiguration, NodeObservation, ObserveOptions } from '../lab.js';
import { configurationIn, observationOf, toldBy } from '../node-report.js';
import { execute } from './docker-engine.js';
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
  const [output, startedAtMs] = await Promise.all([
    power === 'on' ? reportOf(containers, node, ...(isAsked ? ['--configuration'] : [])) : '',
    isAsked ? startsOf(containers, node) : undefined,
  ]);
  const told = toldBy(output);
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
  const [output, startedAtMs] = await Promise.all([
    reportOf(containers, node, '--configuration'),
    startsOf(containers, node),
  ]);
  return configurationIn(toldBy(output), startedAtMs);
}

async function reportOf(containers: NodeContainers, node: string, ...options: string[]): Promise<string> {
  const command = ['/usr/lib/ha-demo/observe', ...options];
  return execute(containers.container(node, 'node'), command).catch((error: unknown) => {
    // A node that goes down while it is asked is off, not an error.
    if (isGone(error)) return '';
    throw error;
  });
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
