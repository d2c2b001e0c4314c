import { SERVICE_NAMES, type ServiceName } from '../../node/contract.js';
import type { Fault } from '../fault.js';
import { nothing } from '../prediction.js';
import { nodeByNode } from '../rolling.js';

export const rollingRestart: Fault = {
  name: 'rolling-restart',
  tag: 'planned',
  description: 'restart every service of every node, one node at a time',
  scope: 'tier',
  isOverWhenDone: true,
  classicClaim: '1 to 8 s',
  predict: () => nothing('each of the stops loses nothing'),
  inject: (lab, target, signal) => {
    const restart = async (node: string, service: ServiceName) => {
      await lab.stopService(node, service);
      await lab.startService(node, service);
    };
    return nodeByNode(lab, target, restart, signal);
  },
  heal: async (lab, { tier }) => {
    for (const { name } of tier.nodes) for (const service of SERVICE_NAMES) await lab.startService(name, service);
  },
};
