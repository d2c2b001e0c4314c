import type { VrrpInstance } from '../../configuration/keepalived/model.js';
import { KEEPALIVED_MANUAL, keepalivedIssue, type Rule } from '../finding.js';

export const routerIdTwice: Rule = {
  id: 'router-id-twice',
  severity: 'error',
  title: 'Two instances of a node have the same router id on one interface',
  why: `A virtual router is its id and its LAN. Two instances with the same id on one interface hear each other's adverts; keepalived refuses the second. With unicast they may be
apart, and this rule is silent.`,
  wrong: `vrrp_instance EDGE {
    interface eth0
    virtual_router_id 61
}
vrrp_instance EDGE2 {
    interface eth0
    virtual_router_id 61
}`,
  right: `vrrp_instance EDGE {
    interface eth0
    virtual_router_id 61
}
vrrp_instance EDGE2 {
    interface eth0
    virtual_router_id 62
}`,
  sources: [KEEPALIVED_MANUAL, keepalivedIssue(2444)],
  find: ({ nodes }) =>
    nodes.flatMap(({ keepalived }) => {
      const instances = keepalived?.model.instances ?? [];
      return instances.flatMap((instance, at) => {
        const first = instances.slice(0, at).find((other) => isSame(other, instance));
        if (!first) return [];
        return [
          {
            position: instance.virtualRouterId!.position,
            happens: `${first.name} has the virtual_router_id ${instance.virtualRouterId!.value} already, on the same interface: keepalived refuses ${instance.name}.`,
            instead: 'Give each instance an id of its own, 1 to 255.',
          },
        ];
      });
    }),
};

function isSame(one: VrrpInstance, other: VrrpInstance): boolean {
  return (
    other.virtualRouterId !== undefined &&
    one.virtualRouterId?.value === other.virtualRouterId.value &&
    one.interface?.value === other.interface?.value &&
    one.family === other.family &&
    one.multicastGroup === other.multicastGroup &&
    // Unicast and multicast are apart.
    !one.unicastPeers &&
    !other.unicastPeers
  );
}
