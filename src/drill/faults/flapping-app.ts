import type { Fault } from '../fault.js';
import { deadApp } from '../prediction.js';

const TIMES = 3;
const PHASE_MS = 1000;

export const flappingApp: Fault = {
  name: 'flapping-app',
  tag: 'application',
  description: `a service is killed and started again, ${TIMES} times, a second each`,
  scope: 'node',
  isOverWhenDone: true,
  leaves: ['router'],
  classicClaim: '1 to 2 s each time',
  predict: deadApp,
  inject: async (lab, { node }, signal) => {
    for (let time = 0; time < TIMES; time += 1) {
      signal.throwIfAborted();
      await lab.killService(node.name, 'app');
      await lab.clock.pause(PHASE_MS);
      await lab.startService(node.name, 'app');
      await lab.clock.pause(PHASE_MS);
    }
  },
  heal: (lab, { node }) => lab.startService(node.name, 'app'),
};
