import { virtualRoutersOf } from '../checked-cluster.js';
import { KEEPALIVED_MANUAL, rfc, type Rule } from '../finding.js';
import { authenticates } from '../what-if/routers.js';

export const authenticationDiffers: Rule = {
  id: 'authentication-differs',
  severity: 'error',
  title: 'Nodes of a virtual router have different passwords',
  why: `With VRRP version 2 an advert with another kind of authentication, or another password, is dropped: both nodes become master. Of a password the
first eight characters count. Version 3 has no authentication.`,
  wrong: `# lb1                      # lb2
auth_pass one              auth_pass two`,
  right: `# lb1                      # lb2
auth_pass one              auth_pass one`,
  sources: [KEEPALIVED_MANUAL, rfc(2338, '5.3.6')],
  find: (cluster) =>
    virtualRoutersOf(cluster).flatMap(({ members: [first, ...others] }) =>
      others
        .filter(({ instance }) => instance.version === 2 && first!.instance.version === 2)
        .filter(({ instance }) => !authenticates(instance, first!.instance))
        .map(({ node, instance }) => ({
          position: instance.authentication?.position ?? instance.position,
          happens: `${node.name} and ${first!.node.name} do not have the same authentication: each drops the other's adverts, and both become master.`,
          instead: 'Write the same authentication block on all nodes, or none at all.',
        })),
    ),
};
