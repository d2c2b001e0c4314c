import { type Fault, missingCondition, missingMove } from '../fault.js';
import { nothing } from '../prediction.js';

export const stopKeepalived: Fault = {
  name: 'stop-keepalived',
  tag: 'planned',
  description: 'stop keepalived, and start it again',
  scope: 'node',
  leaves: ['app'],
  classicClaim: 'about 1 s',
  predict: () => nothing('both HAProxies live; second chance keeps the connections'),
  inject: (lab, { node }) => lab.stopService(node.name, 'keepalived'),
  heal: (lab, { node }) => lab.startService(node.name, 'keepalived'),
  missingEffect: (target, seen) => [
    ...missingCondition(target, seen, { services: { keepalived: 'down' } }),
    ...missingMove(target, seen),
  ],
};
