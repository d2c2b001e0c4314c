import { type Fault, missingCondition, missingMove } from '../fault.js';
import { hungHaproxy } from '../prediction.js';

export const hangHaproxy: Fault = {
  name: 'hang-haproxy',
  tag: 'hang',
  description: 'freeze HAProxy: the kernel goes on accepting connections for it',
  scope: 'node',
  leaves: ['app'],
  classicClaim: 'for ever: a process check sees it alive',
  predict: hungHaproxy,
  inject: (lab, { node }) => lab.suspendService(node.name, 'haproxy'),
  heal: (lab, { node }) => lab.resumeService(node.name, 'haproxy'),
  missingEffect: (target, seen) => [
    ...missingCondition(target, seen, { services: { haproxy: 'hung' } }),
    ...missingMove(target, seen),
  ],
};
