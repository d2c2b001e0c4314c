import { isLinkLocal } from '../../configuration/ip-address.js';
import type { VrrpInstance } from '../../configuration/keepalived/model.js';
import { virtualRoutersOf } from '../checked-cluster.js';
import { rfc, type Rule } from '../finding.js';

export const virtualIpTwice: Rule = {
  id: 'virtual-ip-twice',
  severity: 'error',
  title: 'One address belongs to two virtual routers',
  why: `Each virtual router elects a master of its own, and both masters bring the address up: two hosts answer for it.`,
  wrong: `# lb1                      # lb2
virtual_router_id 61       virtual_router_id 16
virtual_ipaddress {        virtual_ipaddress {
    10.20.30.100/24            10.20.30.100/24
}                          }`,
  right: `# lb1                      # lb2
virtual_router_id 61       virtual_router_id 61
virtual_ipaddress {        virtual_ipaddress {
    10.20.30.100/24            10.20.30.100/24
}                          }`,
  sources: [rfc(5798, '5.2.9')],
  find: (cluster) => {
    const routers = virtualRoutersOf(cluster);
    return routers.flatMap((router, at) =>
      router.members.flatMap(({ node, instance }) =>
        addressesOf(instance).flatMap(({ value, position }) => {
          if (isLinkLocal(value)) return [];
          const first = routers
            .slice(0, at)
            .flatMap(({ members }) => members)
            .find((other) => addressesOf(other.instance).some((address) => address.value === value));
          if (!first) return [];
          return [
            {
              position,
              happens: `${value} is an address of virtual_router_id ${first.instance.virtualRouterId!.value} on ${first.node.name} and of ${instance.virtualRouterId!.value} on ${node.name}: both have a master that answers for it.`,
              instead: 'Let an address belong to one virtual router.',
            },
          ];
        }),
      ),
    );
  },
};

function addressesOf({ virtualIps, excludedVirtualIps }: VrrpInstance) {
  return [...virtualIps, ...excludedVirtualIps];
}
