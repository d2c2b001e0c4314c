import type { StandIn } from './stand-ins.js';

/** An haproxy.cfg that answers for servers: each request with 200; connections of TCP servers are accepted. */
export function serversFile(standIns: StandIn[]): string {
  const head = ['defaults', '    timeout client 60s', '    timeout connect 5s', '    timeout server 60s'];
  // HAProxy does not start with nothing to do.
  if (standIns.length === 0)
    return [...head, 'frontend none', '    mode http', '    bind unix@/tmp/none.sock'].join('\n');
  return [
    ...head,
    ...standIns.flatMap(({ address, port, mode, name }, at) => [
      `frontend server-${at}`,
      `    mode ${mode}`,
      `    bind ${address}:${port}`,
      ...(mode === 'http'
        ? [
            `    http-request return status 200 content-type application/json string '{"backend":"${name.split('/').at(-1)}"}'`,
          ]
        : ['    tcp-request content accept']),
    ]),
  ].join('\n');
}
