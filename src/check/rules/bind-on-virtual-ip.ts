import { virtualRoutersOf } from '../checked-cluster.js';
import { haproxyManual, keepalivedIssue, type Rule } from '../finding.js';
import { virtualIpBinds } from '../virtual-ip-binds.js';

export const bindOnVirtualIp: Rule = {
  id: 'bind-on-virtual-ip',
  severity: 'error',
  title: 'HAProxy binds an address that only the master has',
  why: `On a backup the virtual IP does not exist, and nothing can be bound to it: HAProxy does not start there, and its check keeps the node in
FAULT. Linux allows it with \`net.ipv4.ip_nonlocal_bind=1\`; where that stands in a sysctl file beside the configuration, or the bind has
\`transparent\`, this rule is silent.`,
  wrong: `frontend www
    bind 10.20.30.100:80`,
  right: `frontend www
    bind :80`,
  sources: [
    haproxyManual('5.1'),
    keepalivedIssue(2485),
    { text: 'ceph #60093', url: 'https://github.com/ceph/ceph/pull/60093' },
  ],
  find: (cluster) => {
    const binds = virtualRoutersOf(cluster).flatMap(({ members }) =>
      members.length < 2 ? [] : members.flatMap(({ node, instance }) => virtualIpBinds(node, instance)),
    );
    return [
      ...new Map(binds.map((bind) => [`${bind.position.file}:${bind.position.line} ${bind.host}`, bind])).values(),
    ].map(({ host, port, position }) => ({
      position,
      happens: `On a backup ${host} does not exist: HAProxy does not start there without net.ipv4.ip_nonlocal_bind=1 or the bind option transparent.`,
      instead: `Bind all addresses, bind :${port ?? 80}, or set net.ipv4.ip_nonlocal_bind=1 on every node.`,
    }));
  },
};
