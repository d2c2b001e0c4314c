import { type Fault, missingCondition, missingMove, NOBODY_SWITCHES } from '../fault.js';
import { lostCarrier } from '../prediction.js';

export const powerOffNode: Fault = {
  name: 'power-off-node',
  tag: 'crash',
  description: 'pull the plug of a node',
  scope: 'node',
  classicClaim: '3 to 4 s',
  predict: lostCarrier,
  skippedBecause: ({ switchesNodes }) => (switchesNodes ? undefined : NOBODY_SWITCHES),
  inject: (lab, { node }) => lab.killNode(node.name),
  heal: (lab, { node }) => lab.startNode(node.name),
  missingEffect: (target, seen) => [...missingCondition(target, seen, { power: 'off' }), ...missingMove(target, seen)],
};
