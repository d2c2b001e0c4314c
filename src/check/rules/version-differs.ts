import { virtualRoutersOf } from '../checked-cluster.js';
import { rfc, type Rule } from '../finding.js';

export const versionDiffers: Rule = {
  id: 'version-differs',
  severity: 'error',
  title: 'Nodes of a virtual router speak different versions of VRRP',
  why: `keepalived drops an advert of another version than its own: no node hears the other, and both become master. The default is version 2; an
instance with IPv6 addresses is always of version 3.`,
  wrong: `# lb1                      # lb2
vrrp_version 3             # (none: version 2)`,
  right: `# lb1                      # lb2
vrrp_version 3             vrrp_version 3`,
  sources: [rfc(5798, '7.1')],
  find: (cluster) =>
    virtualRoutersOf(cluster).flatMap(({ members: [first, ...others] }) =>
      others
        .filter(({ instance }) => instance.version !== first!.instance.version)
        .map(({ node, instance }) => ({
          position: instance.versionPosition,
          happens: `${first!.node.name} speaks VRRP version ${first!.instance.version}, ${node.name} version ${instance.version}: each drops the other's adverts, and both become master.`,
          instead: 'Set the same vrrp_version in global_defs of all nodes.',
        })),
    ),
};
