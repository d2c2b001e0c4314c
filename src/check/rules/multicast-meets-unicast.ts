import { virtualRoutersOf } from '../checked-cluster.js';
import { KEEPALIVED_MANUAL, type Rule } from '../finding.js';

export const multicastMeetsUnicast: Rule = {
  id: 'multicast-meets-unicast',
  severity: 'error',
  title: 'One node sends by multicast and the other by unicast',
  why: `keepalived drops a multicast advert where peers are listed, and a unicast one where none are. Neither node hears the other: both become
master.`,
  wrong: `# lb1                  # lb2
unicast_peer {         # (no unicast_peer)
    10.20.30.12
}`,
  right: `# lb1                  # lb2
unicast_peer {         unicast_peer {
    10.20.30.12            10.20.30.11
}                      }`,
  sources: [KEEPALIVED_MANUAL],
  find: (cluster) =>
    virtualRoutersOf(cluster).flatMap(({ members }) => {
      const unicast = members.find(({ instance }) => instance.unicastPeers);
      return members
        .filter(({ instance }) => unicast && !instance.unicastPeers)
        .map(({ node, instance }) => ({
          position: instance.position,
          happens: `${node.name} sends by multicast and ${unicast!.node.name} by unicast: each drops the other's adverts, and both become master.`,
          instead: `List the other nodes' addresses in unicast_peer on ${node.name}, too, or on no node.`,
        }));
    }),
};
