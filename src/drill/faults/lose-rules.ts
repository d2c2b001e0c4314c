import type { Fault } from '../fault.js';
import { nothing } from '../prediction.js';

export const loseRules: Fault = {
  name: 'lose-rules',
  tag: 'network',
  description:
    "a node's firewall rules are flushed: those of second chance, and the filter of adverts; it puts them back",
  scope: 'node',
  isOverWhenDone: true,
  leaves: ['router', 'app'],
  classicClaim: '-',
  predict: () => nothing('they are needed when a virtual IP moves, or a stranger sends adverts'),
  // It empties whole tables of the kernel's; on a virtual machine all rules in them are the cluster's.
  skippedBecause: (_capabilities, { hosts }) =>
    hosts ? 'it would empty tables in which hosts of your own may have rules, too' : undefined,
  inject: (lab, { node }) => lab.takeRules(node.name),
  heal: async () => {},
};
