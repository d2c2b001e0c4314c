import { virtualRoutersOf } from '../checked-cluster.js';
import { KEEPALIVED_MANUAL, keepalivedIssue, type Rule } from '../finding.js';
import { reachesPeer } from '../what-if/routers.js';

export const unicastPeerMissing: Rule = {
  id: 'unicast-peer-missing',
  severity: 'error',
  title: 'A node of the virtual router gets no adverts from another',
  why: `Every node has to list all others, or a node that hears no master becomes one. The rule is silent where a list has an address that no node
has (\`unicast-peer-unknown\` tells that).`,
  wrong: `# three nodes: .11, .12 and .13; on .11
unicast_peer {
    10.20.30.12
}`,
  right: `unicast_peer {
    10.20.30.12
    10.20.30.13
}`,
  sources: [KEEPALIVED_MANUAL, keepalivedIssue(2370)],
  find: (cluster) =>
    virtualRoutersOf(cluster).flatMap(({ members }) => {
      const sources = members.map(({ instance }) => instance.unicastSource?.value);
      if (sources.includes(undefined)) return [];
      return members.flatMap(({ node, instance }) => {
        const peers = instance.unicastPeers;
        if (!peers || peers.some(({ value }) => !sources.includes(value))) return [];
        const missing = members.filter(
          (other) => other.node !== node && other.instance.unicastPeers && !reachesPeer(instance, other.instance),
        );
        return missing.map((other) => ({
          position: instance.unicastSource!.position,
          happens: `${node.name} sends ${other.node.name} no adverts: ${other.node.name} becomes master beside ${node.name}.`,
          instead: `Add ${other.instance.unicastSource!.value} to unicast_peer.`,
        }));
      });
    }),
};
