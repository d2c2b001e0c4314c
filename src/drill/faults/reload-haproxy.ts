import type { Fault } from '../fault.js';
import { nothing } from '../prediction.js';

export const reloadHaproxy: Fault = {
  name: 'reload-haproxy',
  tag: 'planned',
  description: 'make HAProxy read its configuration again',
  scope: 'node',
  isOverWhenDone: true,
  leaves: ['router', 'app'],
  classicClaim: '0',
  predict: () => nothing('a new worker takes over the listeners, the old one finishes its connections'),
  inject: (lab, { node }) => lab.reloadHaproxy(node.name),
  heal: async () => {},
};
