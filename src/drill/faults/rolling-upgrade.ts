import type { Fault } from '../fault.js';
import { nothing } from '../prediction.js';
import { nodeByNode } from '../rolling.js';

export const rollingUpgrade: Fault = {
  name: 'rolling-upgrade',
  tag: 'planned',
  description: 'give every service of every node a new image, one node at a time; and, to heal it, the old one again',
  scope: 'tier',
  isOverWhenDone: true,
  classicClaim: '1 to 8 s',
  predict: () => nothing('each of the stops loses nothing'),
  skippedBecause: ({ upgradesImages }) => (upgradesImages ? undefined : 'images come with `up` here'),
  inject: async (lab, target, signal) => {
    await lab.publishImages();
    await nodeByNode(lab, target, (node, service) => lab.renewService(node, service), signal);
  },
  heal: async (lab, target) => {
    await lab.withdrawImages();
    await nodeByNode(lab, target, (node, service) => lab.renewService(node, service));
  },
};
