import { type Fault, missingCondition, missingMove, NOBODY_SWITCHES } from '../fault.js';
import { nothing } from '../prediction.js';

export const drainNode: Fault = {
  name: 'drain-node',
  tag: 'planned',
  description: 'move everything away from a node, switch it off for maintenance, and take it back',
  scope: 'node',
  classicClaim: '1 to 4 s',
  predict: () => nothing('keepalived leaves first, then HAProxy and the service drain'),
  skippedBecause: ({ switchesNodes }) => (switchesNodes ? undefined : NOBODY_SWITCHES),
  inject: (lab, { node }) => lab.stopNode(node.name),
  heal: (lab, { node }) => lab.startNode(node.name),
  missingEffect: (target, seen) => [...missingCondition(target, seen, { power: 'off' }), ...missingMove(target, seen)],
};
