import type { Fault } from '../fault.js';
import { lostAddress } from '../prediction.js';

export const loseVip: Fault = {
  name: 'lose-vip',
  tag: 'network',
  description: "the virtual IP is deleted from under the master's keepalived, which puts it back",
  scope: 'node',
  isOverWhenDone: true,
  role: 'master',
  leaves: ['router', 'app'],
  classicClaim: '0 to 1 s',
  predict: lostAddress,
  inject: (lab, { node }) => lab.takeVirtualIp(node.name),
  heal: async () => {},
};
