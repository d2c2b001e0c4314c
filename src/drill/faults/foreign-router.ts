import type { Fault } from '../fault.js';

export const foreignRouter: Fault = {
  name: 'foreign-router',
  tag: 'network',
  description: "a stranger on the LAN claims the tier's virtual IP, with its router id and the highest priority",
  scope: 'tier',
  classicClaim: 'until he leaves',
  predict: () => ({
    fromMs: 0,
    untilMs: null,
    because:
      "his adverts are refused; each of his claims by ARP misleads clients until the holder's answer has reached them",
  }),
  skippedBecause: ({ hasForeignRouters }) => (hasForeignRouters ? undefined : 'the LAN has no host to spare here'),
  inject: (lab, { tier }) => lab.startForeignRouter(tier.name),
  heal: (lab, { tier }) => lab.stopForeignRouter(tier.name),
  missingEffect: ({ tier }, seen) => {
    const hears = ({ name }: { name: string }) =>
      seen.some(
        ({ node, foreignAdverts, addressClaims }) =>
          node === name && foreignAdverts.length > 0 && addressClaims.length > 0,
      );
    return tier.nodes.some(hears) ? [] : [`no node of the tier ${tier.name} has heard a stranger`];
  },
};
