import type { Fault } from '../fault.js';
import { nothing } from '../prediction.js';

const lossyLinkOf = (share: number): Omit<Fault, 'name'> => ({
  tag: 'network',
  description: `${Math.round(share * 1000) / 10} % of the packets to a node get lost`,
  scope: 'node',
  leaves: ['router', 'app'],
  classicClaim: '-',
  // A lost SYN is repeated after a second (RFC 6298, section 2.1): that client has given up by then.
  predict: () => ({ ...nothing('a lost packet delays its own connection, by 200 ms or more'), untilMs: 1000 }),
  inject: (lab, { node }) => lab.dropPackets(node.name, share),
  heal: (lab, { node }) => lab.dropNothing(node.name),
});

export const lossyLink: Fault = {
  name: 'lossy-link',
  ...lossyLinkOf(0.1),
  parameter: {
    allowed: 'the share of packets that get lost, above 0 and below 1, such as 0.2',
    with: (text) => {
      const share = /^0?\.\d+$/.test(text) ? Number(text) : 0;
      return share > 0 ? lossyLinkOf(share) : undefined;
    },
  },
};
