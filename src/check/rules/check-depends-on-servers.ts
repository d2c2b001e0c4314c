import { haproxyManual, type Rule } from '../finding.js';
import { tracksOf } from '../tracks.js';

export const checkDependsOnServers: Rule = {
  id: 'check-depends-on-servers',
  severity: 'warning',
  title: 'The check of HAProxy fails when the applications do',
  why: `A request through HAProxy to an application fails on all nodes at once when the applications are in trouble. All nodes go to FAULT, nobody
holds the virtual IP, and clients wait for a time-out in place of reading a 503. A path that HAProxy answers itself, \`monitor-uri\`, finds out
whether HAProxy works, and nothing else.`,
  wrong: `vrrp_script chk_haproxy {
    script "/usr/bin/curl -fs -m 1 http://127.0.0.1/healthz"
}`,
  right: `# haproxy.cfg
frontend www
    monitor-uri /haproxy-alive

# keepalived.conf
vrrp_script chk_haproxy {
    script "/usr/bin/curl -fs -m 1 http://127.0.0.1/haproxy-alive"
}`,
  sources: [
    haproxyManual('4.2-monitor-uri'),
    { text: 'OpenShift OCPBUGS-1257', url: 'https://github.com/openshift/machine-config-operator/pull/3339' },
    { text: 'OpenShift OCPBUGS-1945', url: 'https://github.com/openshift/machine-config-operator/pull/3357' },
  ],
  find: ({ nodes }) =>
    nodes.flatMap((node) => {
      const tracks = (node.keepalived?.model.instances ?? []).flatMap((instance) => tracksOf(node, instance));
      const checks = new Set(tracks.filter(({ sight }) => sight.allServersDie).map(({ check }) => check));
      return [...checks].map(({ name, position }) => ({
        position,
        happens: `${name} asks the applications through HAProxy: when all servers are down it fails on every node, and nobody holds the virtual IP.`,
        instead: 'Ask a path that HAProxy answers itself: monitor-uri.',
      }));
    }),
};
