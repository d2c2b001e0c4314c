import { syncGroupWith } from '../../configuration/keepalived/model.js';
import { KEEPALIVED_MANUAL, type Rule } from '../finding.js';

export const syncGroupDropsWeights: Rule = {
  id: 'sync-group-drops-weights',
  severity: 'error',
  title: 'A member of a sync group tracks a script with a weight',
  why: `Members of a sync group share a state, so keepalived does not let one of them change its priority alone: of a member it leaves out every script
that has a weight, and says so in its log when it starts. What the script was to notice moves nothing. A script that the group itself tracks counts, with a weight,
too.`,
  wrong: `vrrp_sync_group BOTH {
    group { OUTSIDE INSIDE }
}
vrrp_instance OUTSIDE {
    track_script { chk_haproxy weight -20 }
}`,
  right: `vrrp_sync_group BOTH {
    group { OUTSIDE INSIDE }
    track_script { chk_haproxy }
}`,
  sources: [KEEPALIVED_MANUAL],
  find: ({ nodes }) =>
    nodes.flatMap((node) => {
      const { model } = node.keepalived ?? {};
      return (model?.instances ?? []).flatMap((instance) => {
        const { group } = syncGroupWith(instance, model!);
        if (!group || group.tracksWeights) return [];
        return instance.tracks.flatMap(({ kind, name, weight, position }) => {
          const check = model!.checks.find((one) => kind === 'script' && one.kind === kind && one.name === name);
          const inForce = check && (weight ?? check.weight);
          if (!inForce) return [];
          return [
            {
              position,
              happens: `${instance.name} is in the sync group ${group.name}: keepalived on ${node.name} leaves ${name} out, since it has a weight (${inForce}).`,
              instead: `Track it in the group, or without a weight: ${name} weight 0.`,
            },
          ];
        });
      });
    }),
};
