import { type Fault, missingCondition } from '../fault.js';
import { deadApp } from '../prediction.js';

export const killApp: Fault = {
  name: 'kill-app',
  tag: 'crash',
  description: 'kill the service (SIGKILL)',
  scope: 'node',
  leaves: ['router'],
  classicClaim: '1 to 2 s',
  predict: deadApp,
  inject: (lab, { node }) => lab.killService(node.name, 'app'),
  heal: (lab, { node }) => lab.startService(node.name, 'app'),
  endsByItself: ({ restartsAfterCrash }) => restartsAfterCrash,
  missingEffect: (target, seen) => missingCondition(target, seen, { services: { app: 'down' } }),
};
