import { endAppFaults, type Fault } from '../fault.js';
import { nothing } from '../prediction.js';

export const errorApp: Fault = {
  name: 'error-app',
  tag: 'application',
  description: 'a service answers every request with 500; its health checks stay good',
  scope: 'node',
  leaves: ['router'],
  classicClaim: 'every second request, for ever',
  predict: ({ cluster }) =>
    cluster.profile.haproxy.retryOn.includes('500')
      ? nothing('HAProxy repeats the request at another server')
      : { fromMs: 0, untilMs: null, because: 'nobody looks at the answers: every second one is a 500' },
  inject: (lab, { node }) => lab.injectAppFaults(node.name, { errorRate: 1 }),
  heal: endAppFaults,
};
