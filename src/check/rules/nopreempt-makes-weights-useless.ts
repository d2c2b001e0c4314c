import { type Member, virtualRoutersOf } from '../checked-cluster.js';
import { keepalivedIssue, rfc, type Rule } from '../finding.js';
import { tracksOf } from '../tracks.js';

export const nopreemptMakesWeightsUseless: Rule = {
  id: 'nopreempt-makes-weights-useless',
  severity: 'error',
  title: 'With nopreempt no weight moves the virtual IP',
  why: `A backup with \`nopreempt\` accepts every master that it hears, whatever its priority. A check with a weight only lowers the master's
priority, so nothing moves. A check without a weight puts the instance into FAULT: it says goodbye, and the backup takes over.`,
  wrong: `vrrp_script chk_haproxy {
    script "/usr/bin/killall -0 haproxy"
    weight -20
}
vrrp_instance EDGE {
    nopreempt
    track_script { chk_haproxy }
}`,
  right: `vrrp_script chk_haproxy {
    script "/usr/bin/killall -0 haproxy"
                        # no weight
}
vrrp_instance EDGE {
    nopreempt
    track_script { chk_haproxy }
}`,
  sources: [rfc(5798, '6.1'), keepalivedIssue(2599), keepalivedIssue(2379), keepalivedIssue(2483)],
  find: (cluster) =>
    virtualRoutersOf(cluster).flatMap(({ members }) => {
      const [master, ...backups] = members.toSorted(
        (one, other) => other.instance.priority.value - one.instance.priority.value,
      );
      const isStuck = ({ instance }: Member) => instance.nopreempt !== undefined && !instance.startsAsMaster;
      if (!master || backups.length === 0 || !backups.every(isStuck)) return [];
      const tracks = tracksOf(master.node, master.instance).filter(({ sight }) => sight.haproxyDies !== false);
      const weighted = tracks.find(({ weight }) => weight !== 0);
      if (!weighted || tracks.some(({ weight }) => weight === 0)) return [];
      const { check, weight } = weighted;
      return members.filter(isStuck).map(({ instance }) => ({
        position: instance.nopreempt!,
        happens: `With nopreempt a backup replaces a silent or faulty master only: the weight ${weight} of ${check.name} moves nothing when HAProxy dies.`,
        instead: `Leave the weight of ${check.name} out, which means FAULT; nopreempt may stay then.`,
      }));
    }),
};
