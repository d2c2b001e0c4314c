import { KEEPALIVED_MANUAL, type Rule } from '../finding.js';

export const checkNotDefined: Rule = {
  id: 'check-not-defined',
  severity: 'error',
  title: 'An instance tracks a check that is not defined',
  why: `keepalived logs it, leaves the check out and runs: nothing watches what it was to watch. Most often the name is written in two ways.`,
  wrong: `vrrp_script check_haproxy { script "/usr/bin/killall -0 haproxy" }
vrrp_instance EDGE {
    track_script {
        chk_haproxy
    }
}`,
  right: `vrrp_script chk_haproxy { script "/usr/bin/killall -0 haproxy" }
vrrp_instance EDGE {
    track_script {
        chk_haproxy
    }
}`,
  sources: [KEEPALIVED_MANUAL],
  find: ({ nodes }) =>
    nodes.flatMap(({ keepalived }) => {
      // What is not understood may be an include that defines it.
      if (!keepalived || keepalived.tree.notUnderstood.length > 0) return [];
      const { instances, syncGroups, checks } = keepalived.model;
      return [...instances, ...syncGroups]
        .flatMap(({ tracks }) => tracks)
        .filter(
          (track) =>
            track.kind !== 'interface' && !checks.some(({ kind, name }) => kind === track.kind && name === track.name),
        )
        .map(({ kind, name, position }) => ({
          position,
          happens: `There is no ${kind} ${name}: keepalived leaves it out, and nothing watches what it was to watch.`,
          instead: `Define it, or name one of: ${
            checks
              .filter((check) => check.kind === kind)
              .map((check) => check.name)
              .join(', ') || 'none is defined'
          }.`,
        }));
    }),
};
