import type { Fault } from '../fault.js';
import { nothing } from '../prediction.js';

export const restartApp: Fault = {
  name: 'restart-app',
  tag: 'planned',
  description: 'restart the service',
  scope: 'node',
  isOverWhenDone: true,
  leaves: ['router'],
  classicClaim: '0 to 2 s',
  predict: () => nothing('the service fails its readiness check before it closes'),
  inject: async (lab, { node }) => {
    await lab.stopService(node.name, 'app');
    await lab.startService(node.name, 'app');
  },
  heal: (lab, { node }) => lab.startService(node.name, 'app'),
};
