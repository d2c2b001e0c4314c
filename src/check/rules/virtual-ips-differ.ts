import { virtualRoutersOf } from '../checked-cluster.js';
import { keepalivedIssue, rfc, type Rule } from '../finding.js';

export const virtualIpsDiffer: Rule = {
  id: 'virtual-ips-differ',
  severity: 'error',
  title: 'Nodes of a virtual router have different virtual IPs',
  why: `A node brings up the addresses of its own file. What only one node lists is nowhere once another node is master. The same router id for two
different clusters on one LAN looks alike: they disturb each other.`,
  wrong: `# lb1                      # lb2
virtual_ipaddress {        virtual_ipaddress {
    10.20.30.100/24            10.20.30.100/24
    10.20.30.105/24        }
}`,
  right: `# lb1                      # lb2
virtual_ipaddress {        virtual_ipaddress {
    10.20.30.100/24            10.20.30.100/24
    10.20.30.105/24            10.20.30.105/24
}                          }`,
  sources: [rfc(5798, '5.2.9'), keepalivedIssue(512), keepalivedIssue(1515)],
  find: (cluster) =>
    virtualRoutersOf(cluster).flatMap(({ members }) => {
      const listed = members.map(({ node, instance }) => ({
        node,
        instance,
        own: [...instance.virtualIps, ...instance.excludedVirtualIps],
      }));
      return listed.flatMap(({ node, own }) =>
        own.flatMap(({ value, position }) => {
          const without = listed.filter((other) => !other.own.some((address) => address.value === value));
          if (without.length === 0) return [];
          const names = without.map((other) => other.node.name).join(', ');
          return [
            {
              position,
              happens: `${node.name} has ${value}, ${names} ${without.length > 1 ? 'have' : 'has'} it not: after a failover this address is nowhere.`,
              instead:
                'List the same addresses on all nodes of a virtual router; another cluster needs another virtual_router_id.',
            },
          ];
        }),
      );
    }),
};
