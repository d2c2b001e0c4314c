import { syncGroupWith, type Track, type VrrpInstance } from '../../configuration/keepalived/model.js';
import { KEEPALIVED_MANUAL, keepalivedIssue, type Rule } from '../finding.js';
import { scriptNeverTracked } from './script-never-tracked.js';

export const haproxyNotWatched: Rule = {
  id: 'haproxy-not-watched',
  severity: 'warning',
  title: 'Nothing decides about the virtual IP but the host itself',
  why: `Without a tracked check keepalived knows whether its host and its network card work, and nothing about HAProxy: when that dies, the virtual IP
stays where nothing listens.`,
  wrong: `vrrp_instance EDGE {
    priority 110
}`,
  right: `vrrp_script chk_haproxy {
    script "/usr/bin/killall -0 haproxy"
    interval 1
    fall 2
}
vrrp_instance EDGE {
    priority 110
    track_script {
        chk_haproxy
    }
}`,
  sources: [KEEPALIVED_MANUAL, keepalivedIssue(942)],
  find: (cluster) => {
    const told = new Set(scriptNeverTracked.find(cluster).map(({ position }) => position.file));
    return cluster.nodes.flatMap(({ name, keepalived, haproxy }) => {
      if (!keepalived || !haproxy || keepalived.tree.notUnderstood.length > 0) return [];
      const tracksAnything = ({ tracks }: { tracks: Track[] }) => tracks.some(({ kind }) => kind !== 'interface');
      const isTracked = (instance: VrrpInstance) => {
        const { group, others } = syncGroupWith(instance, keepalived.model);
        return [instance, ...(group ? [group] : []), ...others].some(tracksAnything);
      };
      return keepalived.model.instances
        .filter((instance) => !isTracked(instance) && !told.has(instance.position.file))
        .map((instance) => ({
          position: instance.position,
          happens: `${instance.name} tracks nothing: when HAProxy dies on ${name} the virtual IP stays there.`,
          instead: 'Track a script, a process or a file that says whether HAProxy works.',
        }));
    });
  },
};
