import { type Fault, missingMove } from '../fault.js';
import { silentMaster } from '../prediction.js';

export const partitionNode: Fault = {
  name: 'partition-node',
  tag: 'network',
  description: 'the switch forwards nothing to or of a node any more, in silence: its carrier stays',
  scope: 'node',
  classicClaim: '3 to 4 s',
  predict: silentMaster,
  skippedBecause: ({ isolatesNodes }) => (isolatesNodes ? undefined : "the switch is not the lab's own"),
  inject: (lab, { node }) => lab.isolateNode(node.name),
  heal: (lab, { node }) => lab.rejoinNode(node.name),
  missingEffect: missingMove,
};
