import { type Fault, missingCondition, missingMove } from '../fault.js';
import { frozenNode } from '../prediction.js';

export const freezeNode: Fault = {
  name: 'freeze-node',
  tag: 'hang',
  description: 'freeze a whole node; where nodes share a kernel, that goes on accepting connections for it',
  scope: 'node',
  classicClaim: '3 to 4 s',
  predict: frozenNode,
  skippedBecause: ({ suspendsNodes }) => (suspendsNodes ? undefined : 'hosts cannot be made to stand still here'),
  inject: (lab, { node }) => lab.suspendNode(node.name),
  heal: (lab, { node }) => lab.resumeNode(node.name),
  missingEffect: (target, seen) => [
    ...missingCondition(target, seen, { power: 'suspended' }),
    ...missingMove(target, seen),
  ],
};
