import type { Fault } from '../fault.js';
import { hasTwoHolders, splitBrain } from '../split-brain.js';

export const muteMaster: Fault = {
  name: 'mute-master',
  tag: 'network',
  description:
    "the master's adverts reach nobody any more, and the next in line takes its place beside it (split brain)",
  scope: 'node',
  role: 'master',
  atPeers: true,
  classicClaim: 'until somebody mends it',
  predict: splitBrain,
  inject: async (lab, { node: { address, peers } }) => {
    for (const { name } of peers) await lab.dropPackets(name, 1, { from: [address], packets: 'adverts' });
  },
  heal: async (lab, { node }) => {
    for (const { name } of node.peers) await lab.dropNothing(name);
  },
  missingEffect: hasTwoHolders,
};
