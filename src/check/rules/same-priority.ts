import { virtualRoutersOf } from '../checked-cluster.js';
import { rfc, type Rule } from '../finding.js';

export const samePriority: Rule = {
  id: 'same-priority',
  severity: 'warning',
  title: 'Two nodes of a virtual router have the same priority',
  why: `Both time out at the same moment: chance decides which of them becomes master, or both do, and then the higher address wins. Which node that
is, nobody sees in the files, and after a failure of all nodes it may be the other one.`,
  wrong: `# lb1                  # lb2
priority 100           priority 100`,
  right: `# lb1                  # lb2
priority 101           priority 100`,
  sources: [rfc(5798, '6.4.3')],
  find: (cluster) =>
    virtualRoutersOf(cluster).flatMap(({ members }) =>
      members.flatMap(({ node, instance }, at) => {
        const same = members.slice(0, at).find((other) => other.instance.priority.value === instance.priority.value);
        if (!same) return [];
        return [
          {
            position: instance.priority.position,
            happens: `${same.node.name} and ${node.name} both have the priority ${instance.priority.value}: which of them becomes master is left to chance.`,
            instead: 'Give each node a priority of its own.',
          },
        ];
      }),
    ),
};
