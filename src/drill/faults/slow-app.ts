import { endAppFaults, type Fault } from '../fault.js';
import { nothing } from '../prediction.js';

const DELAY_MS = 100;

export const slowApp: Fault = {
  name: 'slow-app',
  tag: 'application',
  description: `a service answers ${DELAY_MS} ms later than it would; its health checks stay good`,
  scope: 'node',
  leaves: ['router', 'app'],
  classicClaim: '0',
  predict: () => nothing(`${DELAY_MS} ms is less than anybody waits`),
  inject: (lab, { node }) => lab.injectAppFaults(node.name, { delayMs: DELAY_MS }),
  heal: endAppFaults,
};
