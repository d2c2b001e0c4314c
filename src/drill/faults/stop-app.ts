import { type Fault, missingCondition } from '../fault.js';
import { nothing } from '../prediction.js';

export const stopApp: Fault = {
  name: 'stop-app',
  tag: 'planned',
  description: 'stop the service, and start it again',
  scope: 'node',
  leaves: ['router'],
  classicClaim: '0 to 2 s',
  predict: () => nothing('the service fails its readiness check before it closes'),
  inject: (lab, { node }) => lab.stopService(node.name, 'app'),
  heal: (lab, { node }) => lab.startService(node.name, 'app'),
  missingEffect: (target, seen) => missingCondition(target, seen, { services: { app: 'down' } }),
};
