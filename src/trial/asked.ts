import { isIPv4 } from 'node:net';
import { InvalidInputError } from '../common/errors.js';
import type { HaproxyProxy } from '../configuration/haproxy/model.js';
import { HOST } from '../probe/probe-target.js';

/** What clients of a virtual router ask. */
export interface Asked {
  scheme: 'http' | 'https';
  port: number;
  /** Path and query. */
  path: string;
  /** The name by which they ask, with the port unless it is the scheme's; the virtual IP without it. */
  host: string | undefined;
  /** Of the proxy. Over `tcp` they exchange lines of HTTP all the same: HAProxy does not look into them. */
  mode: 'http' | 'tcp';
  /** The proxies whose servers may answer, as far as their names are written down. */
  proxies: string[];
}

/** What the user wants to be asked: of one virtual IP, or by a name. */
export interface Wish extends Omit<Asked, 'mode' | 'proxies'> {
  virtualIp: string | undefined;
}

/** @param field where it is said @throws InvalidInputError unless the text is a URL of http or https */
export function wishFrom(text: string, field: string): Wish {
  const url = URL.parse(text);
  const scheme = ({ 'http:': 'http', 'https:': 'https' } as const)[url?.protocol ?? ''];
  if (!url || !scheme || !HOST.test(url.host) || `${url.username}${url.password}` !== '')
    throw new InvalidInputError(`${field}: ${JSON.stringify(text)} must be a URL such as https://app.example/login`);
  const port = url.port === '' ? { http: 80, https: 443 }[scheme] : Number(url.port);
  const [virtualIp, host] = isIPv4(url.hostname) ? [url.hostname, undefined] : [undefined, url.host];
  return { scheme, port, path: url.pathname + url.search, virtualIp, host };
}

/** What only proxies of the user's, and those with a certificate, can speak to. */
const BEYOND_CLIENTS = ['accept-proxy', 'required'];

/** A port that a proxy for clients has at a virtual IP. */
interface Door {
  proxy: HaproxyProxy;
  port: number;
  hasTls: boolean;
  /** Nobody gets in without a name that a certificate is for. */
  needsName: boolean;
}

/** What is asked without a wish, the best one first: what redirects to another port, or answers itself, says little of the servers. */
const PREFERRED: ((door: Door) => boolean)[] = [
  ({ proxy, hasTls }) => proxy.mode === 'http' && !hasTls && !proxy.answersItself,
  ({ proxy, hasTls }) => proxy.mode === 'http' && hasTls,
  ({ proxy }) => proxy.mode === 'http',
  ({ proxy }) => proxy.mode === 'tcp',
];

/** @returns undefined when nobody listens at the virtual IP whom clients could ask, or not as they wish */
export function askedAt(virtualIp: string, proxies: HaproxyProxy[], wish: Wish | undefined): Asked | undefined {
  const doors = proxies
    .filter(({ kind, backends, servers }) => kind !== 'backend' && backends.length + servers.length > 0)
    .flatMap((proxy) =>
      proxy.binds.flatMap(({ host, port, parameters }) =>
        port !== undefined &&
        ['', virtualIp].includes(host) &&
        !BEYOND_CLIENTS.some((word) => parameters.includes(word))
          ? [{ proxy, port, hasTls: parameters.includes('ssl'), needsName: parameters.includes('strict-sni') }]
          : [],
      ),
    );
  if (wish) {
    const { virtualIp: wanted, ...asked } = wish;
    if (wanted !== undefined && wanted !== virtualIp) return undefined;
    const door = doors.find(({ port, hasTls }) => port === wish.port && hasTls === (wish.scheme === 'https'));
    return door && { ...asked, ...behind(door) };
  }
  for (const isWanted of PREFERRED) {
    const door = doors.find((one) => !one.needsName && isWanted(one));
    if (door)
      return {
        ...{ scheme: door.hasTls ? 'https' : 'http', port: door.port, path: '/', host: undefined },
        ...behind(door),
      };
  }
  return undefined;
}

function behind({ proxy }: Door): Pick<Asked, 'mode' | 'proxies'> {
  return {
    mode: proxy.mode === 'http' ? 'http' : 'tcp',
    proxies: [proxy.name, ...proxy.backends.map(({ value }) => value)],
  };
}

/** What makes a probe ask it: its flags. */
export function probeFlags(virtualIp: string, { scheme, port, path, host }: Asked): string[] {
  return ['--url', `${scheme}://${virtualIp}:${port}${path}`, ...(host === undefined ? [] : ['--host', host])];
}
