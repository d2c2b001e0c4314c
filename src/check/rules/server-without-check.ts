import { haproxyFiles } from '../checked-cluster.js';
import { haproxyManual, type Rule } from '../finding.js';

export const serverWithoutCheck: Rule = {
  id: 'server-without-check',
  severity: 'error',
  title: 'A server without a health check',
  why: `HAProxy does not look at a server without \`check\`: a dead one goes on getting its share. Refused connections may go to another server; a
host that is silent costs \`timeout connect\` for every request that is sent to it. A single server, or a single backup, has no other beside it, and a backend
that is a last resort, used only while \`nbsrv\` counts no server elsewhere, asks whoever there is: this rule is silent about both.`,
  wrong: `backend pool
    server app1 10.20.30.21:8080
    server app2 10.20.30.22:8080`,
  right: `backend pool
    option httpchk GET /healthz
    default-server check inter 1s fall 2 rise 2
    server app1 10.20.30.21:8080
    server app2 10.20.30.22:8080`,
  sources: [haproxyManual('5.2-check')],
  find: (cluster) =>
    haproxyFiles(cluster).flatMap(({ model }) => {
      const lastResorts = new Set(model.proxies.flatMap((proxy) => proxy.lastResorts));
      return model.proxies.flatMap(({ name: proxy, servers, mode, isConditional }) => {
        if (lastResorts.has(proxy) || (mode !== 'http' && mode !== 'tcp')) return [];
        const inUse = servers.filter(({ isDisabled }) => !isDisabled);
        const count = inUse.reduce((sum, server) => sum + server.count, 0);
        if (count < 2 || isConditional) return [];
        const backups = inUse.filter(({ isBackup }) => isBackup);
        return inUse
          .filter(({ isChecked, tracks }) => !isChecked && tracks === undefined)
          .filter(({ isBackup }) => !isBackup || backups.length > 1)
          .map(({ name, position }) => ({
            position,
            happens: `HAProxy never finds out that ${name} is dead: it goes on getting its share of the requests.`,
            instead: 'Add check to the server, or to a default-server line above.',
          }));
      });
    }),
};
