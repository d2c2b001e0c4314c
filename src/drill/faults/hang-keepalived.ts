import { type Fault, missingCondition, missingMove } from '../fault.js';
import { nothing } from '../prediction.js';

export const hangKeepalived: Fault = {
  name: 'hang-keepalived',
  tag: 'hang',
  description: 'freeze keepalived: it keeps its virtual IP, and its peer takes it too (split brain)',
  scope: 'node',
  leaves: ['app'],
  classicClaim: '3 to 4 s',
  predict: () => nothing('both HAProxies serve; the switch follows whoever sends adverts'),
  inject: (lab, { node }) => lab.suspendService(node.name, 'keepalived'),
  heal: (lab, { node }) => lab.resumeService(node.name, 'keepalived'),
  missingEffect: (target, seen) => [
    ...missingCondition(target, seen, { services: { keepalived: 'hung' } }),
    ...missingMove(target, seen),
  ],
};
