import { haproxyFiles } from '../checked-cluster.js';
import { haproxyManual, type Rule } from '../finding.js';

export const timeoutsMissing: Rule = {
  id: 'timeouts-missing',
  severity: 'warning',
  title: 'A proxy without its timeouts',
  why: `Without \`timeout client\`, \`timeout connect\` and \`timeout server\` HAProxy waits for ever: connections of dead peers add up until none are left,
and a server that hangs is never asked for less. HAProxy starts, with a warning.`,
  wrong: `defaults
    mode http`,
  right: `defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s`,
  sources: [haproxyManual('4.2-timeout client')].map(({ text, url }) => ({ text, url: url.replaceAll(' ', '%20') })),
  find: (cluster) =>
    haproxyFiles(cluster).flatMap(({ model }) =>
      model.proxies.flatMap(({ kind, name, position, timeouts, servers, mode, isConditional }) => {
        if (isConditional || (mode !== 'http' && mode !== 'tcp')) return [];
        const wanted = [
          ...(kind === 'backend' ? [] : ['client']),
          ...(servers.length === 0 ? [] : ['connect', 'server']),
        ];
        const missing = wanted.filter((timeout) => !timeouts.has(timeout));
        if (missing.length === 0) return [];
        return [
          {
            position,
            happens: `${kind} ${name} has no ${missing.map((timeout) => `timeout ${timeout}`).join(', no ')}: HAProxy waits for ever there.`,
            instead: 'Set them in a defaults section.',
          },
        ];
      }),
    ),
};
