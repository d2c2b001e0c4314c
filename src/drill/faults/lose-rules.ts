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
  inject: (lab, { node }) => lab.takeRules(node.name),
  heal: async () => {},
};
