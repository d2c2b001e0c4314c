import { setTimeout as pause } from 'node:timers/promises';
import { waitUntilNothingIsMissing } from '../../common/wait-until.js';
import { type Lab, SERVICE_NAMES } from '../../lab/lab.js';
import { labProblems } from '../../lab/lab-problems.js';
import type { Fault, FaultTarget } from '../fault.js';
import { nothing } from '../prediction.js';

const HEALTHY_WITHIN_MS = 60_000;

export const rollingRestart: Fault = {
  name: 'rolling-restart',
  tag: 'planned',
  description: 'restart every service of every node, one node at a time',
  scope: 'tier',
  classicClaim: '1 to 8 s',
  predict: () => nothing('each of the stops loses nothing'),
  inject: async (lab, target) => {
    // The backups first, so that the virtual IP moves once.
    for (const { name } of target.tier.nodes.toReversed()) {
      for (const service of SERVICE_NAMES)
        await lab.stopService(name, service).then(() => lab.startService(name, service));
      await untilHealthy(lab, target);
      // Until HAProxy gives it its full share: a service that has just started is slow, and the next one leaves it alone.
      await pause(target.cluster.profile.haproxy.slowStartMs);
    }
  },
  heal: async (lab, { tier }) => {
    for (const { name } of tier.nodes) for (const service of SERVICE_NAMES) await lab.startService(name, service);
  },
};

function untilHealthy(lab: Lab, { cluster }: FaultTarget): Promise<void> {
  const missing = async () => labProblems(cluster, await lab.observe()).map(({ text }) => text);
  return waitUntilNothingIsMissing('healthy lab', missing, { deadlineMs: HEALTHY_WITHIN_MS });
}
