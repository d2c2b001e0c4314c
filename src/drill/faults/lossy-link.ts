import type { Fault } from '../fault.js';
import { nothing } from '../prediction.js';

const LOST_SHARE = 0.1;

export const lossyLink: Fault = {
  name: 'lossy-link',
  tag: 'network',
  description: `${LOST_SHARE * 100} % of the packets to a node get lost`,
  scope: 'node',
  leaves: ['router', 'app'],
  classicClaim: '-',
  // A lost SYN is repeated after a second (RFC 6298, section 2.1): that client has given up by then.
  predict: () => ({ ...nothing('a lost packet delays its own connection, by 200 ms or more'), untilMs: 1000 }),
  inject: (lab, { node }) => lab.dropPackets(node.name, LOST_SHARE),
  heal: (lab, { node }) => lab.dropNothing(node.name),
};
