import { type ServiceName } from '../../node/contract.js';
import type { Fault } from '../fault.js';

const PERIOD_MS = 100;
/**
 * A little less than they need with 200 requests/s, 6 to 7 ms and 2 ms of each period here, so that they stand still in most
 * periods. With half of it HAProxy falls further and further behind.
 */
const QUOTAS_MS = { haproxy: 5, keepalived: 2 };
const LIMITS = Object.entries(QUOTAS_MS) as [ServiceName, number][];

export const starveNode: Fault = {
  name: 'starve-node',
  tag: 'resource',
  description: `keepalived and HAProxy of a node get little of a processor: they stand still for up to ${PERIOD_MS} ms at a time`,
  scope: 'node',
  leaves: ['app'],
  classicClaim: '-',
  predict: () => ({
    fromMs: 0,
    untilMs: PERIOD_MS,
    because: `what arrives while HAProxy stands still waits until the period of ${PERIOD_MS} ms ends, and under a high load for some more`,
  }),
  inject: async (lab, { node }) => {
    for (const [service, quotaMs] of LIMITS)
      await lab.limitProcessor(node.name, service, { quotaMs, periodMs: PERIOD_MS });
  },
  heal: async (lab, { node }) => {
    for (const [service] of LIMITS) await lab.unlimitProcessor(node.name, service);
  },
};
