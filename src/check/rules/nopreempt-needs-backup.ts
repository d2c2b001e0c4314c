import { keepalivedIssue, KEEPALIVED_MANUAL, type Rule } from '../finding.js';

export const nopreemptNeedsBackup: Rule = {
  id: 'nopreempt-needs-backup',
  severity: 'error',
  title: 'nopreempt has no effect with state MASTER',
  why: `keepalived takes \`nopreempt\` only where the initial state is BACKUP, on all nodes: which one is master the priorities decide. With \`state MASTER\`
it logs a warning and preempts: a node that comes back takes the address away once more.`,
  wrong: `vrrp_instance EDGE {
    state MASTER
    nopreempt
}`,
  right: `vrrp_instance EDGE {
    state BACKUP
    nopreempt
}`,
  sources: [KEEPALIVED_MANUAL, keepalivedIssue(2379)],
  find: ({ nodes }) =>
    nodes.flatMap(({ keepalived }) =>
      (keepalived?.model.instances ?? [])
        .filter(({ startsAsMaster, nopreempt }) => nopreempt && startsAsMaster)
        .map(({ name, nopreempt }) => ({
          position: nopreempt!,
          happens: `keepalived ignores nopreempt in ${name}, since its state is MASTER: a node that comes back takes the virtual IP away once more.`,
          instead: 'Write state BACKUP on all nodes; the priorities decide who is master.',
        })),
    ),
};
