import type { Fault } from '../fault.js';
import { hasTwoHolders, splitBrain } from '../split-brain.js';

export const partitionPeers: Fault = {
  name: 'partition-peers',
  tag: 'network',
  description: 'the nodes of a tier do not hear each other, clients reach both (split brain)',
  scope: 'tier',
  classicClaim: 'until somebody mends it',
  predict: splitBrain,
  inject: async (lab, { tier }) => {
    for (const { name, peers } of tier.nodes)
      await lab.dropPackets(name, 1, { from: peers.map(({ address }) => address) });
  },
  heal: async (lab, { tier }) => {
    for (const { name } of tier.nodes) await lab.dropNothing(name);
  },
  missingEffect: hasTwoHolders,
};
