import { KEEPALIVED_MANUAL, type Rule } from '../finding.js';
import { programBehindLink } from '../script-path.js';

export const scriptBehindSymlink: Rule = {
  id: 'script-behind-symlink',
  severity: 'warning',
  title: 'The path of a script that root runs has a symbolic link in it',
  why: `Every part of the path of a script that runs as root has to be a folder, or keepalived leaves the script out, with or without
\`enable_script_security\` (notify.c: check_security). \`/bin\` and \`/sbin\` are links to \`/usr/bin\` and \`/usr/sbin\` on today's systems. Its log says
\`Wrong file type found in script path\` once, when it starts; then nothing watches what the script was to watch.`,
  wrong: `vrrp_script chk_haproxy {
    script "/bin/sh -c 'killall -0 haproxy'"
}`,
  right: `vrrp_script chk_haproxy {
    script "/usr/bin/killall -0 haproxy"
}`,
  sources: [
    KEEPALIVED_MANUAL,
    {
      text: 'keepalived, notify.c',
      url: 'https://github.com/acassen/keepalived/blob/v2.4.3/keepalived/core/notify.c',
    },
  ],
  find: ({ nodes }) =>
    nodes.flatMap(({ name: node, keepalived }) =>
      (keepalived?.model.checks ?? []).flatMap((check) => {
        const program = programBehindLink(check);
        if (program === undefined) return [];
        const { name, position } = check;
        return [
          {
            position,
            happens: `On a host of today ${program} leads through a link: keepalived leaves ${name} out on ${node}, and nothing watches what it was to watch.`,
            instead: `Write /usr${program}.`,
          },
        ];
      }),
    ),
};
