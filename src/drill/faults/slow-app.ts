import { parseDurationMs } from '../../common/duration.js';
import { endAppFaults, type Fault, type FaultTarget } from '../fault.js';
import { nothing } from '../prediction.js';

const slowAppOf = (delayMs: number): Omit<Fault, 'name'> => ({
  tag: 'application',
  description: `a service answers ${delayMs} ms later than it would; its health checks stay good`,
  scope: 'node',
  leaves: ['router', 'app'],
  classicClaim: delayMs < 2000 ? '0' : '-',
  predict: (target) => predict(target, delayMs),
  inject: (lab, { node }) => lab.injectAppFaults(node.name, { delayMs }),
  heal: endAppFaults,
});

function predict({ cluster, tier }: FaultTarget, delayMs: number) {
  const { serverTimeoutMs, redispatch, retryOn } = cluster.profile.haproxy;
  const patienceMs = serverTimeoutMs[tier.name];
  if (delayMs < patienceMs) return nothing(`${delayMs} ms is less than HAProxy waits`);
  if (redispatch && retryOn.includes('response-timeout'))
    return nothing(`HAProxy gives a server ${patienceMs} ms and repeats the request at another one`);
  return { fromMs: 0, untilMs: null, because: `HAProxy waits for ${patienceMs} ms: every second request fails` };
}

export const slowApp: Fault = {
  name: 'slow-app',
  ...slowAppOf(100),
  parameter: {
    allowed: 'a duration from 1ms to 60s, such as 250ms',
    with: (text) => {
      const delayMs = parseDurationMs(text);
      return delayMs !== undefined && delayMs >= 1 && delayMs <= 60_000 ? slowAppOf(delayMs) : undefined;
    },
  },
};
