import type { Cluster } from '../cluster/cluster.js';
import { type LabProblem, labProblems } from './lab-problems.js';
import type { NodeObservation } from './lab.js';

/** What came back from one request. */
export interface HttpAnswer {
  url: string;
  /** Undefined when nothing came, or no HTTP. */
  status: number | undefined;
}

/**
 * What keeps a node from being worth all that a node of its tier can be; nothing when it is up, its virtual router is MASTER
 * or BACKUP, its HAProxy answers and sees all of the tier's servers that run, and its peers' HAProxies see its own.
 * @param answer of the node's HAProxy, on the node's own address, to a request of its tier
 */
export function worthOf(
  cluster: Cluster,
  observations: NodeObservation[],
  node: string,
  answer: HttpAnswer,
): LabProblem[] {
  const problems = labProblems(cluster, observations).filter(
    (problem) => problem.node === node || problem.seenBy === node,
  );
  if (problems.length > 0 || answer.status === 200) return problems;
  const said = answer.status === undefined ? 'does not answer' : `answers ${answer.status} to`;
  return [{ node, service: 'haproxy', text: `${node}: its HAProxy ${said} GET ${answer.url}` }];
}

/**
 * Problems of `after` that are new: `before` has none of the same node and service, or only such as leave the service running
 * while it is down now.
 */
export function whatGotWorse(before: LabProblem[], after: LabProblem[]): LabProblem[] {
  return after.filter(
    ({ node, service, isDown }) =>
      !before.some((known) => known.node === node && known.service === service && (known.isDown || !isDown)),
  );
}
