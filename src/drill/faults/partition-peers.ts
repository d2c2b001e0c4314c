import type { Fault } from '../fault.js';
import { nothing } from '../prediction.js';

export const partitionPeers: Fault = {
  name: 'partition-peers',
  tag: 'network',
  description: 'the nodes of a tier do not hear each other, clients reach both (split brain)',
  scope: 'tier',
  classicClaim: 'until somebody mends it',
  predict: () => nothing('two holders, each of which serves whoever the switch sends to it'),
  inject: async (lab, { tier }) => {
    for (const { name, peers } of tier.nodes)
      await lab.dropPackets(
        name,
        1,
        peers.map(({ address }) => address),
      );
  },
  heal: async (lab, { tier }) => {
    for (const { name } of tier.nodes) await lab.dropNothing(name);
  },
  missingEffect: ({ tier }, seen) => {
    const holders = seen.filter(({ vipsHeld }) => vipsHeld.includes(tier.virtualRouter.virtualIp)).length;
    return holders > 1 ? [] : [`${holders} holder(s), not ${tier.nodes.length}`];
  },
};
