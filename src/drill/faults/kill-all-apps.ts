import { type Fault, missingCondition } from '../fault.js';

export const killAllApps: Fault = {
  name: 'kill-all-apps',
  tag: 'crash',
  description: 'kill the services of all nodes of a tier: clients of the frontend have to be told so at once (503)',
  scope: 'tier',
  classicClaim: 'as long as it lasts',
  predict: () => ({ fromMs: 0, untilMs: null, because: 'nobody is left to answer, until the services are back' }),
  asks: 'frontend',
  inject: async (lab, { tier }) => {
    await Promise.all(tier.nodes.map(({ name }) => lab.killService(name, 'app')));
  },
  heal: async (lab, { tier }) => {
    await Promise.all(tier.nodes.map(({ name }) => lab.startService(name, 'app')));
  },
  endsByItself: ({ restartsAfterCrash }) => restartsAfterCrash,
  missingEffect: (target, seen) =>
    target.tier.nodes.flatMap((node) => missingCondition({ ...target, node }, seen, { services: { app: 'down' } })),
};
