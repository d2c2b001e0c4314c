import { virtualRoutersOf } from '../checked-cluster.js';
import { keepalivedIssue, KEEPALIVED_MANUAL, type Rule } from '../finding.js';
import { tracksOf } from '../tracks.js';
import { routersOf } from '../what-if/routers.js';

export const weightSmallerThanPriorityGap: Rule = {
  id: 'weight-smaller-than-priority-gap',
  severity: 'error',
  title: 'A failed check leaves the master with the highest priority',
  why: `A weighted check changes the priority and nothing else. When the master's lowered priority is still above that of every other node, it
stays master, and the virtual IP stays where nothing listens. With the same priority the order of the addresses decides.`,
  wrong: `vrrp_script chk_haproxy {
    script "/usr/bin/killall -0 haproxy"
    weight -10          # 120 - 10 = 110
}
vrrp_instance EDGE {
    priority 120        # 100 on the other node
}`,
  right: `vrrp_script chk_haproxy {
    script "/usr/bin/killall -0 haproxy"
                        # no weight: FAULT, and the next node takes over at once
}`,
  sources: [KEEPALIVED_MANUAL, keepalivedIssue(2599), keepalivedIssue(2485), keepalivedIssue(2108)],
  find: (cluster) => {
    const routers = routersOf(cluster);
    return virtualRoutersOf(cluster).flatMap(({ key }) => {
      const members = routers
        .filter(({ router }) => router.virtualRouter === key)
        .toSorted((one, other) => other.router.priority - one.router.priority);
      const [master, next] = members;
      if (!master || !next || master.router.priority === 255 || !next.router.preempts) return [];
      const tracks = tracksOf(master.node, master.instance).filter(({ sight }) => sight.haproxyDies !== false);
      const weighted = tracks.filter(({ weight, sight }) => weight !== 0 && sight.haproxyDies);
      if (weighted.length === 0 || weighted.length < tracks.length) return [];
      const weight = weighted.reduce((sum, one) => sum + Math.abs(one.weight), 0);
      const lowered = master.router.priority - weight;
      if (lowered < next.router.priority) return [];
      const { track, check } = weighted[0]!;
      const stays = lowered === next.router.priority ? 'as high as' : 'still above';
      return [
        {
          position: track.weight === undefined ? check.weightPosition : track.position,
          happens: `When HAProxy dies on ${master.node.name} its priority falls to ${lowered}, ${stays} the ${next.router.priority} of ${next.node.name}: the virtual IP stays where nothing listens.`,
          instead: `Leave the weight out, which means FAULT, or lower the priority by more than the gap: weight -${master.router.priority - next.router.priority + 1}.`,
        },
      ];
    });
  },
};
