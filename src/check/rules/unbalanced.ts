import { haproxyFiles } from '../checked-cluster.js';
import { haproxyManual, KEEPALIVED_MANUAL, type Rule } from '../finding.js';

export const unbalanced: Rule = {
  id: 'unbalanced',
  severity: 'error',
  title: 'Braces, quotes or conditions do not match',
  why: `What stands after a brace or quote that is not closed belongs to something else than it looks. keepalived goes on with what it makes of it;
HAProxy does not start.`,
  wrong: `vrrp_instance EDGE {
    virtual_ipaddress {
        10.20.30.100/24
}`,
  right: `vrrp_instance EDGE {
    virtual_ipaddress {
        10.20.30.100/24
    }
}`,
  sources: [KEEPALIVED_MANUAL, haproxyManual('2.2')],
  find: (cluster) =>
    [
      ...cluster.nodes.flatMap(({ keepalived }) => keepalived?.tree.problems ?? []),
      ...haproxyFiles(cluster).flatMap(({ tree }) => tree.problems),
    ].map(({ position, text }) => ({
      position,
      happens: `${text[0]!.toUpperCase()}${text.slice(1)}.`,
      instead: 'Look at the lines above, too: the cause is often there.',
    })),
};
