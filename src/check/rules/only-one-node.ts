import { virtualRoutersOf } from '../checked-cluster.js';
import { rfc, type Rule } from '../finding.js';

export const onlyOneNode: Rule = {
  id: 'only-one-node',
  severity: 'warning',
  title: 'Only one of the nodes has this virtual router',
  why: `Nobody takes the virtual IP over when that node fails. Often the router id is written differently on the other node: then each is master of its
own router, with the same address.`,
  wrong: `# lb1                      # lb2
virtual_router_id 61       virtual_router_id 16`,
  right: `# lb1                      # lb2
virtual_router_id 61       virtual_router_id 61`,
  sources: [rfc(5798, '1.6')],
  find: (cluster) => {
    const withVrrp = cluster.nodes.filter(({ keepalived }) => (keepalived?.model.instances.length ?? 0) > 0);
    if (withVrrp.length < 2) return [];
    return virtualRoutersOf(cluster)
      .filter(({ members }) => members.length === 1)
      .flatMap(({ members }) => members)
      .map(({ node, instance: { virtualRouterId, position } }) => ({
        position: virtualRouterId?.position ?? position,
        happens: `No other node has the virtual_router_id ${virtualRouterId?.value}: nobody takes over from ${node.name}.`,
        instead: 'Use the same virtual_router_id on all nodes that share the addresses.',
      }));
  },
};
