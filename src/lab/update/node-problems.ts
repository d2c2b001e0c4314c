import type { Cluster, Node, Tier } from '../../cluster/cluster.js';
import type { LabObserver } from '../lab.js';
import { type LabProblem, labProblems } from '../lab-problems.js';
import { worthOf } from '../node-worth.js';
import type { NodeDeployment } from './deployment.js';

/** What is wrong with these nodes of a tier, see `worthOf`, and with the tier's virtual IP. */
export async function problemsOfNodes(
  cluster: Cluster,
  lab: LabObserver,
  deployment: Pick<NodeDeployment, 'ask'>,
  tier: Tier,
  nodes: Node[],
): Promise<LabProblem[]> {
  const observations = await lab.observe();
  const ofTier = labProblems(cluster, observations).filter((problem) => problem.tier === tier.name);
  const ofNodes: LabProblem[] = [];
  for (const node of nodes) {
    const observation = observations.find((candidate) => candidate.node === node.name);
    const asks = observation?.power === 'on' && observation.services.haproxy === 'up';
    const answer = asks ? await deployment.ask(node) : { url: '', status: undefined };
    ofNodes.push(...worthOf(cluster, observations, node.name, answer));
  }
  return [...ofTier, ...ofNodes];
}
