import { SERVICE_NAMES } from '../../lab/lab.js';
import type { Fault } from '../fault.js';
import { nothing } from '../prediction.js';
import { nodeByNode } from '../rolling.js';

export const rollingRestart: Fault = {
  name: 'rolling-restart',
  tag: 'planned',
  description: 'restart every service of every node, one node at a time',
  scope: 'tier',
  classicClaim: '1 to 8 s',
  predict: () => nothing('each of the stops loses nothing'),
  inject: (lab, target) =>
    nodeByNode(lab, target, async (node, service) => {
      await lab.stopService(node, service);
      await lab.startService(node, service);
    }),
  heal: async (lab, { tier }) => {
    for (const { name } of tier.nodes) for (const service of SERVICE_NAMES) await lab.startService(name, service);
  },
};
