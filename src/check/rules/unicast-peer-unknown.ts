import { type Member, virtualRoutersOf } from '../checked-cluster.js';
import { keepalivedIssue, KEEPALIVED_MANUAL, type Rule } from '../finding.js';

export const unicastPeerUnknown: Rule = {
  id: 'unicast-peer-unknown',
  severity: 'error',
  title: 'Adverts go to an address that no node has',
  why: `With unicast each node sends to the addresses that it lists, and to no other. An address that is none of the nodes' is one node that hears
nothing: it becomes master beside the other. The rule looks only where all nodes say their \`unicast_src_ip\`.`,
  wrong: `# lb1: unicast_src_ip 10.20.30.11
# lb2
unicast_src_ip 10.20.30.12
unicast_peer {
    10.20.30.13
}`,
  right: `# lb1: unicast_src_ip 10.20.30.11
# lb2
unicast_src_ip 10.20.30.12
unicast_peer {
    10.20.30.11
}`,
  sources: [KEEPALIVED_MANUAL, keepalivedIssue(2370)],
  find: (cluster) =>
    virtualRoutersOf(cluster)
      .filter(({ members }) => members.length > 1 && members.every(({ instance }) => instance.unicastSource))
      .flatMap(({ members }) => members.flatMap((member) => unknownPeers(member, members))),
};

/** A further node that was not given may have the address: it is a mistake when one that was given is not among the peers. */
function unknownPeers({ node, instance }: Member, members: Member[]) {
  const addresses = members.map((other) => other.instance.unicastSource!.value);
  const missing = members.filter((other) => other.node !== node && !isPeer(instance, other));
  const names = missing.map((other) => other.node.name).join(', ');
  if (missing.length === 0) return [];
  return (instance.unicastPeers ?? [])
    .filter(({ value }) => !addresses.includes(value))
    .map(({ value, position }) => ({
      position,
      happens: `No node has the address ${value}, and ${names} never hears ${node.name}: both can be master.`,
      instead: `List the unicast_src_ip of the other nodes: ${missing.map((other) => other.instance.unicastSource!.value).join(', ')}.`,
    }));
}

function isPeer(instance: Member['instance'], other: Member): boolean {
  return (instance.unicastPeers ?? []).some(({ value }) => value === other.instance.unicastSource!.value);
}
