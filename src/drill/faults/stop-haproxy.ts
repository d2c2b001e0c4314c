import { type Fault, missingCondition, missingMove } from '../fault.js';
import { nothing } from '../prediction.js';

export const stopHaproxy: Fault = {
  name: 'stop-haproxy',
  tag: 'planned',
  description: 'stop HAProxy, and start it again',
  scope: 'node',
  leaves: ['app'],
  classicClaim: '1 to 2 s',
  predict: () => nothing('the virtual IP leaves first, then HAProxy drains'),
  inject: (lab, { node }) => lab.stopService(node.name, 'haproxy'),
  heal: (lab, { node }) => lab.startService(node.name, 'haproxy'),
  missingEffect: (target, seen) => [
    ...missingCondition(target, seen, { services: { haproxy: 'down' } }),
    ...missingMove(target, seen),
  ],
};
