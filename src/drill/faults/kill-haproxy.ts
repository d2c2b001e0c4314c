import { type Fault, missingCondition, missingMove } from '../fault.js';
import { deadHaproxy } from '../prediction.js';

export const killHaproxy: Fault = {
  name: 'kill-haproxy',
  tag: 'crash',
  description: 'kill HAProxy (SIGKILL)',
  scope: 'node',
  leaves: ['app'],
  classicClaim: '1 to 2 s',
  predict: deadHaproxy,
  inject: (lab, { node }) => lab.killService(node.name, 'haproxy'),
  heal: (lab, { node }) => lab.startService(node.name, 'haproxy'),
  endsByItself: ({ restartsAfterCrash }) => restartsAfterCrash,
  missingEffect: (target, seen) => [
    ...missingCondition(target, seen, { services: { haproxy: 'down' } }),
    ...missingMove(target, seen),
  ],
};
