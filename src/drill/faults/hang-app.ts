import { type Fault, missingCondition } from '../fault.js';
import { hungApp } from '../prediction.js';

export const hangApp: Fault = {
  name: 'hang-app',
  tag: 'hang',
  description: 'freeze the service: it accepts connections, and says nothing',
  scope: 'node',
  leaves: ['router'],
  classicClaim: '2 s and more',
  clientTimeoutMs: 1000,
  predict: hungApp,
  inject: (lab, { node }) => lab.suspendService(node.name, 'app'),
  heal: (lab, { node }) => lab.resumeService(node.name, 'app'),
  missingEffect: (target, seen) => missingCondition(target, seen, { services: { app: 'hung' } }),
};
