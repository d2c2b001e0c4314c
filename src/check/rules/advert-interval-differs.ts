import { virtualRoutersOf } from '../checked-cluster.js';
import { keepalivedIssue, rfc, type Rule } from '../finding.js';

export const advertIntervalDiffers: Rule = {
  id: 'advert-interval-differs',
  severity: 'error',
  title: 'Nodes of a virtual router advertise at different intervals',
  why: `With VRRP version 2 a router has to drop an advert whose interval is not its own. No node hears the other: both become master. With
version 3 a backup goes by the interval of its master, and this rule is silent.`,
  wrong: `# lb1                  # lb2
advert_int 1           advert_int 3`,
  right: `# lb1                  # lb2
advert_int 1           advert_int 1`,
  sources: [rfc(3768, '7.1'), keepalivedIssue(2235)],
  find: (cluster) =>
    virtualRoutersOf(cluster).flatMap(({ members: [first, ...others] }) =>
      others.flatMap(({ node, instance }) => {
        const [own, theirs] = [instance, first!.instance].map((one) => one.advertisementIntervalMs.value);
        if (own === theirs || instance.version !== 2 || first!.instance.version !== 2) return [];
        return [
          {
            position: instance.advertisementIntervalMs.position,
            happens: `${first!.node.name} advertises every ${theirs! / 1000} s and ${node.name} every ${own! / 1000} s: with VRRP version 2 each drops the other's adverts, and both become master.`,
            instead: 'Give all nodes of the virtual router the same advert_int.',
          },
        ];
      }),
    ),
};
