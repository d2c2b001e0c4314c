import { KEEPALIVED_MANUAL, rfc, type Rule } from '../finding.js';
import { tracksOf } from '../tracks.js';

export const ownerIgnoresWeights: Rule = {
  id: 'owner-ignores-weights',
  severity: 'error',
  title: 'No weight changes a priority of 255',
  why: `255 is for the router whose own address is the virtual one, the owner. keepalived never changes it: a weighted check has no effect, and only a
check without a weight takes the address away.`,
  wrong: `vrrp_instance EDGE {
    priority 255
    track_script {
        chk_haproxy weight -20
    }
}`,
  right: `vrrp_instance EDGE {
    priority 254
    track_script {
        chk_haproxy weight 0
    }
}`,
  sources: [KEEPALIVED_MANUAL, rfc(5798, '6.1')],
  find: ({ nodes }) =>
    nodes.flatMap((node) =>
      (node.keepalived?.model.instances ?? []).flatMap((instance) => {
        const tracks = tracksOf(node, instance);
        if (instance.priority.value !== 255 || tracks.length === 0 || tracks.some(({ weight }) => weight === 0))
          return [];
        return [
          {
            position: instance.priority.position,
            happens: `The priority 255 is never lowered: when ${tracks[0]!.check.name} fails on ${node.name} the virtual IP stays.`,
            instead: 'Use a priority of at most 254, and checks without a weight.',
          },
        ];
      }),
    ),
};
