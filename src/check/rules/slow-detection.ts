import { serverDetectionMs } from '../../configuration/haproxy/servers.js';
import { haproxyFiles } from '../checked-cluster.js';
import { haproxyManual, KEEPALIVED_MANUAL, type Rule } from '../finding.js';
import { tracksOf } from '../tracks.js';

/** Longer than most clients wait. */
const SLOW_MS = 10_000;

export const slowDetection: Rule = {
  id: 'slow-detection',
  severity: 'info',
  title: 'A failure is noticed after more than 10 s',
  why: `Nothing moves before a check has failed \`fall\` times. Defaults of guides add up: \`interval 5\` and \`fall 3\` are 10 to 15 s in which clients get
no answer.`,
  wrong: `vrrp_script chk_haproxy {
    interval 5
    fall 3
}`,
  right: `vrrp_script chk_haproxy {
    interval 1
    fall 2
}`,
  sources: [KEEPALIVED_MANUAL, haproxyManual('5.2-inter')],
  find: (cluster) => [
    ...cluster.nodes.flatMap((node) => {
      const tracks = (node.keepalived?.model.instances ?? []).flatMap((instance) => tracksOf(node, instance));
      const slow = tracks.filter(({ check, sight }) => sight.haproxyDies && check.fall * check.intervalMs > SLOW_MS);
      return [...new Set(slow.map(({ check }) => check))].map(({ position, fall, intervalMs }) => ({
        position,
        happens: `HAProxy may be dead for ${((fall - 1) * intervalMs) / 1000} to ${(fall * intervalMs) / 1000} s before the virtual IP moves.`,
        instead: 'Use a shorter interval; fall 2 is enough to be sure.',
      }));
    }),
    ...haproxyFiles(cluster).flatMap(({ model }) =>
      model.proxies
        .flatMap(({ servers }) => servers)
        .filter((server) => server.isChecked && serverDetectionMs(server)[1] > SLOW_MS)
        .map((server) => {
          const [fromMs, toMs] = serverDetectionMs(server);
          return {
            position: server.position,
            happens: `${server.name} gets requests for ${fromMs / 1000} to ${toMs / 1000} s after it has begun to hang.`,
            instead: 'Use a shorter inter, or fastinter for the checks after the first failed one.',
          };
        }),
    ),
  ],
};
