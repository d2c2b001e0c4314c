import { KEEPALIVED_MANUAL, type Rule } from '../finding.js';
import { sightOf } from '../sight.js';
import { tracksOf } from '../tracks.js';

export const scriptNeverTracked: Rule = {
  id: 'script-never-tracked',
  severity: 'error',
  title: 'A check of HAProxy is defined, and nothing tracks it',
  why: `A \`vrrp_script\` does nothing by itself: an instance, or its sync group, has to name it in \`track_script\`. keepalived does not even run one
that nobody tracks, and says nothing about it. Where something else is tracked that may watch HAProxy, this rule is silent.`,
  wrong: `vrrp_script chk_haproxy {
    script "/usr/bin/killall -0 haproxy"
}
vrrp_instance EDGE {
    priority 110
}`,
  right: `vrrp_script chk_haproxy {
    script "/usr/bin/killall -0 haproxy"
}
vrrp_instance EDGE {
    priority 110
    track_script {
        chk_haproxy
    }
}`,
  sources: [KEEPALIVED_MANUAL],
  find: ({ nodes }) =>
    nodes.flatMap((node) => {
      const { model } = node.keepalived ?? {};
      if (!model || model.instances.length === 0) return [];
      const tracks = [...model.instances, ...model.syncGroups].flatMap((one) => one.tracks);
      const isWatched = model.instances.some((instance) =>
        tracksOf(node, instance).some(({ sight }) => sight.haproxyDies !== false),
      );
      if (isWatched) return [];
      return model.checks
        .filter((check) => sightOf(check, node).haproxyDies)
        .filter(({ kind, name }) => !tracks.some((track) => track.kind === kind && track.name === name))
        .map(({ name, kind, position }) => ({
          position,
          happens: `Nothing tracks ${name}, so nothing watches HAProxy on ${node.name}: when it dies the virtual IP stays.`,
          instead: `Name it in the instance: track_${kind} { ${name} }.`,
        }));
    }),
};
