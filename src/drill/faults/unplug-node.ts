import { type Fault, missingCondition, missingMove } from '../fault.js';
import { lostCarrier } from '../prediction.js';

export const unplugNode: Fault = {
  name: 'unplug-node',
  tag: 'network',
  description: "pull a node's cable: it sees that its carrier is gone, and so does the switch",
  scope: 'node',
  classicClaim: '3 to 4 s',
  predict: lostCarrier,
  skippedBecause: ({ unplugsNodes }) => (unplugsNodes ? undefined : 'the nodes have no cables of their own here'),
  inject: (lab, { node }) => lab.unplugNode(node.name),
  heal: (lab, { node }) => lab.plugNode(node.name),
  missingEffect: (target, seen) => [...missingCondition(target, seen, { link: 'down' }), ...missingMove(target, seen)],
};
