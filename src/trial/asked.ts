import type { HaproxyProxy } from '../configuration/haproxy/model.js';

/** What clients ask at a virtual IP. */
export interface Asked {
  port: number;
  /** Over `tcp` they exchange lines of HTTP all the same, with a server that is there for it: HAProxy does not look into them. */
  mode: 'http' | 'tcp';
}

/** The first port without TLS at which a proxy answers at the virtual IP and leads to servers; one for HTTP before one for TCP. */
export function askedAt(virtualIp: string, proxies: HaproxyProxy[]): Asked | undefined {
  const leading = proxies.filter(
    ({ kind, backends, servers }) => kind !== 'backend' && backends.length + servers.length > 0,
  );
  for (const mode of ['http', 'tcp'] as const) {
    const binds = leading.filter((proxy) => proxy.mode === mode).flatMap((proxy) => proxy.binds);
    const bind = binds.find(
      ({ host, port, parameters }) =>
        port !== undefined && ['', virtualIp].includes(host) && !parameters.includes('ssl'),
    );
    if (bind) return { port: bind.port!, mode };
  }
  return undefined;
}
