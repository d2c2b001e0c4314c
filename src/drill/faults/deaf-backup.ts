import type { Fault } from '../fault.js';
import { hasTwoHolders, splitBrain } from '../split-brain.js';

export const deafBackup: Fault = {
  name: 'deaf-backup',
  tag: 'network',
  description: 'a backup hears no adverts any more, and takes the virtual IP beside the master (split brain)',
  scope: 'node',
  role: 'backup',
  leaves: ['router', 'app'],
  classicClaim: 'until somebody mends it',
  predict: splitBrain,
  inject: (lab, { node: { name, peers } }) =>
    lab.dropPackets(name, 1, { from: peers.map(({ address }) => address), packets: 'adverts' }),
  heal: (lab, { node }) => lab.dropNothing(node.name),
  missingEffect: hasTwoHolders,
};
