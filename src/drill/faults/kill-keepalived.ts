import { type Fault, missingCondition, missingMove } from '../fault.js';
import { nothing } from '../prediction.js';

export const killKeepalived: Fault = {
  name: 'kill-keepalived',
  tag: 'crash',
  description: 'kill keepalived (SIGKILL, all of its processes): its virtual IP stays behind',
  scope: 'node',
  leaves: ['app'],
  classicClaim: '0 to 4 s',
  predict: () => nothing('the node that has lost its keepalived goes on serving; two holders for that long'),
  inject: (lab, { node }) => lab.killService(node.name, 'keepalived'),
  heal: (lab, { node }) => lab.startService(node.name, 'keepalived'),
  endsByItself: ({ restartsAfterCrash }) => restartsAfterCrash,
  missingEffect: (target, seen) => [
    ...missingCondition(target, seen, { services: { keepalived: 'down' } }),
    ...missingMove(target, seen),
  ],
};
