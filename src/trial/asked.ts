import { isIPv4 } from 'node:net';
import { InvalidInputError } from '../common/errors.js';
import type { HaproxyProxy } from '../configuration/haproxy/model.js';

/** What clients of a virtual router ask. */
export interface Asked {
  port: number;
  /** Path and query. */
  path: string;
  /** Of the proxy. Over `tcp` they exchange lines of HTTP all the same: HAProxy does not look into them. */
  mode: 'http' | 'tcp';
  /** The proxies whose servers may answer, as far as their names are written down. */
  proxies: string[];
}

/** What the user wants to be asked. */
export interface Wish extends Pick<Asked, 'port' | 'path'> {
  virtualIp: string;
}

/** @throws InvalidInputError unless the text is a URL of http with an IPv4 address */
export function wishFrom(text: string): Wish {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' || !isIPv4(url.hostname) || `${url.username}${url.password}` !== '')
    throw new InvalidInputError(
      `--ask: ${JSON.stringify(text)} must be http://ADDRESS[:PORT]/PATH with a virtual IP of the pair`,
    );
  return { virtualIp: url.hostname, port: url.port === '' ? 80 : Number(url.port), path: url.pathname + url.search };
}

/** What clients do not speak. */
const BEYOND_CLIENTS = ['accept-proxy', 'ssl'];

/** A port that a proxy for clients has at a virtual IP. */
interface Door {
  proxy: HaproxyProxy;
  port: number;
}

/** What is asked without a wish, the best one first: what redirects, or answers itself, says little of the servers. */
const PREFERRED: ((door: Door) => boolean)[] = [
  ({ proxy }) => proxy.mode === 'http' && !proxy.answersItself,
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
          ? [{ proxy, port }]
          : [],
      ),
    );
  if (wish) {
    const door = wish.virtualIp === virtualIp ? doors.find(({ port }) => port === wish.port) : undefined;
    return door && { port: wish.port, path: wish.path, ...behind(door) };
  }
  for (const isWanted of PREFERRED) {
    const door = doors.find(isWanted);
    if (door) return { port: door.port, path: '/', ...behind(door) };
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
export function probeFlags(virtualIp: string, { port, path }: Asked): string[] {
  return ['--url', `http://${virtualIp}:${port}${path}`];
}
