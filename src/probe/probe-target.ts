import { isIPv4 } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import { InvalidInputError } from '../common/errors.js';
import { Ipv4Network } from '../common/ipv4.js';

const LOOPBACK = Ipv4Network.parse('127.0.0.0/8')!;

/** Where the probe sends. */
export interface ProbeTarget {
  url: string;
  address: string;
  port: number;
  /** Path and query. */
  path: string;
  /** Whether over TLS; no certificate is verified. */
  hasTls: boolean;
  /** The `Host` of requests; its name is that of the server that TLS asks for. */
  host: string;
}

const DEFAULT_PORTS: Record<string, number> = { 'http:': 80, 'https:': 443 };
/** What may be in `Host`: a name, and a port. */
export const HOST = /^\w[\w.-]{0,252}(?::\d{1,5})?$/;

/**
 * @param host the name by which the server is asked, and its port unless that is the scheme's; those of the URL without it
 * @throws InvalidInputError unless `text` is a plain http or https URL whose host is an IPv4 address
 */
export function parseTarget(text: string, host?: string): ProbeTarget {
  const url = URL.parse(text);
  const defaultPort = DEFAULT_PORTS[url?.protocol ?? ''];
  if (!url || defaultPort === undefined || url.username !== '' || url.password !== '' || !isIPv4(url.hostname)) {
    throw new InvalidInputError(
      `--url: ${JSON.stringify(text)} must be http[s]://ADDRESS[:PORT]/PATH with an IPv4 address, not a host name`,
    );
  }
  if (host !== undefined && !HOST.test(host))
    throw new InvalidInputError(`--host: ${JSON.stringify(host)} must be a host name, with or without a port`);
  const port = url.port === '' ? defaultPort : Number(url.port);
  return {
    url: url.href,
    address: url.hostname,
    port,
    path: url.pathname + url.search,
    hasTls: url.protocol === 'https:',
    host: host ?? url.host,
  };
}

/** What takes 3 s to be answered, beside what `target` asks for. */
export function downloadTarget(target: ProbeTarget): ProbeTarget {
  const url = new URL(target.url);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/download`;
  return { ...parseTarget(url.href), host: target.host };
}

/**
 * Keeps the probe inside the lab: the target is on loopback, or it is in the lab's network and this machine has an
 * interface of its own in exactly that network, so that no router can carry the requests elsewhere.
 * @param lan the lab's network in CIDR notation; undefined: loopback only
 * @param interfaces as `os.networkInterfaces()` gives them
 * @throws InvalidInputError when the target could be outside
 */
export function assertInsideLab(
  address: string,
  lan: string | undefined,
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>,
): void {
  const network = lan === undefined ? undefined : Ipv4Network.parse(lan);
  if (lan !== undefined && !network) {
    throw new InvalidInputError(`--lan: ${JSON.stringify(lan)} must be an IPv4 network such as 192.168.99.0/24`);
  }
  if (LOOPBACK.contains(address)) return;
  if (!network) {
    throw new InvalidInputError(
      `--url: ${address} is not a loopback address; --lan (or HA_DEMO_LAN) must name the lab's network it is in`,
    );
  }
  if (!network.containsHost(address)) {
    throw new InvalidInputError(
      `--url: ${address} must be a host address in the lab's network ${network.cidr} (--lan)`,
    );
  }
  const onLink = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .some(
      (own) =>
        own.family === 'IPv4' &&
        !own.internal &&
        own.cidr === `${own.address}/${network.prefixLength}` &&
        network.contains(own.address),
    );
  if (!onLink) {
    throw new InvalidInputError(`--lan: ${network.cidr} must be the network of one of this machine's own interfaces`);
  }
}
