import type { Database } from './health-checks.js';
import type { StandIn } from './stand-ins.js';

/** Made by docker/try/entrypoint. */
const CERTIFICATE = '/tmp/stand-in.pem';
/** What clients call themselves: others are health checks. */
const PROBE = 'ha-demo-probe';
/** A client of a database may wait for it to speak first. */
const SILENT_FOR = '100ms';

/**
 * An haproxy.cfg that answers for servers: each request with 200, also over TCP, and the health checks of databases.
 */
export function serversFile(standIns: StandIn[]): string {
  const databases = new Set(standIns.flatMap(({ healthCheck }) => healthCheck.database ?? []));
  const head = [
    ...(databases.size > 0 ? ['global', '    lua-load /usr/lib/ha-demo/databases.lua'] : []),
    ...['defaults', '    timeout client 60s', '    timeout connect 5s', '    timeout server 60s'],
  ];
  // HAProxy does not start with nothing to do.
  if (standIns.length === 0)
    return [...head, 'frontend none', '    mode http', '    bind unix@/tmp/none.sock'].join('\n');
  return [...head, ...[...databases].flatMap(sectionsOfDatabase), ...standIns.flatMap(sectionsOf)].join('\n');
}

/** A frontend of its own: HAProxy 3.0 ends with a fault of memory when one has both a service in Lua and a backend for HTTP. */
function sectionsOfDatabase(name: Database): string[] {
  const socket = `unix@/tmp/${name}.sock`;
  return [
    ...[`frontend ${name}`, '    mode tcp', `    bind ${socket}`, `    tcp-request content use-service lua.${name}`],
    ...[`backend ${name}`, '    mode tcp', `    server ${name} ${socket}`],
  ];
}

function sectionsOf({ address, port, mode, names, healthCheck, behindProxy, withTls }: StandIn, at: number): string[] {
  const { database, status, contains } = healthCheck;
  const options = [...(behindProxy ? [' accept-proxy'] : []), ...(withTls ? [` ssl crt ${CERTIFICATE}`] : [])];
  const answering =
    database === undefined
      ? [`    default_backend answer-${at}`]
      : [
          `    tcp-request inspect-delay ${SILENT_FOR}`,
          '    tcp-request content accept if HTTP',
          `    use_backend answer-${at} if HTTP`,
          `    default_backend ${database}`,
        ];
  return [
    ...[`frontend server-${at}`, `    mode ${mode}`, `    bind ${address}:${port}${options.join('')}`, ...answering],
    ...[`backend answer-${at}`, '    mode http'],
    ...(status === undefined ? [] : [`${answer(status)} unless { req.hdr(user-agent) ${PROBE} }`]),
    answer(200),
  ];

  function answer(code: number): string {
    const body = JSON.stringify({
      backend: names[0]!.split('/').at(-1),
      ...(contains !== undefined && { health: contains.join(' ') }),
    });
    return `    http-request return status ${code} content-type application/json string '${body}'`;
  }
}
