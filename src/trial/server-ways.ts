import type { HaproxyProxy } from '../configuration/haproxy/model.js';
import type { HaproxyServer } from '../configuration/haproxy/servers.js';

/** A port at which a server is asked, or its health. */
export interface ServerPort {
  port: number;
  withTls: boolean;
  /** Connections begin with the PROXY protocol. */
  behindProxy: boolean;
}

/** How HAProxy asks a server. */
export interface ServerWay {
  host: string;
  ports: ServerPort[];
  /** What of it stand-ins do not understand. */
  unspoken: string | undefined;
}

/**
 * What the `server` line and the `default-server` lines before it say (configuration manual, section 5.2).
 * @param verifiesNobody `ssl-server-verify none` is in force
 * @returns undefined for sockets, and for what has no port
 */
export function wayTo(
  { address, parameters: own, defaultParameters }: HaproxyServer,
  { binds }: HaproxyProxy,
  verifiesNobody: boolean,
): ServerWay | undefined {
  const [, host, written] = /^(?:ipv4@|tcp@)?([A-Za-z0-9_.-]+?)(?::(\d+))?$/.exec(address) ?? [];
  // Without one of its own a server is asked at the port that the client asked.
  const port = written === undefined ? binds[0]?.port : Number(written);
  if (host === undefined || port === undefined) return undefined;

  const all = [...defaultParameters, ...own];
  const isOn = (word: string) => all.lastIndexOf(word) > all.lastIndexOf(`no-${word}`);
  const valueOf = (word: string) => (all.includes(word) ? all[all.lastIndexOf(word) + 1] : undefined);
  const [withTls, behindProxy] = [isOn('ssl'), isOn('send-proxy') || isOn('send-proxy-v2') || all.some(isOtherProxy)];
  const ofCheck = Number(valueOf('port') ?? port);
  const checked: ServerPort[] =
    ofCheck > 0 && ofCheck !== port
      ? [{ port: ofCheck, withTls: isOn('check-ssl'), behindProxy: isOn('check-send-proxy') }]
      : [];

  const verify = valueOf('verify') ?? (verifiesNobody ? 'none' : 'required');
  const unspoken = [
    ...((withTls || isOn('check-ssl')) && verify !== 'none' ? ['ssl without `verify none`'] : []),
    ...(checked.length === 0 && isOn('check-ssl') && !withTls ? ['check-ssl beside plain requests'] : []),
    ...(checked.length === 0 && isOn('check-send-proxy') && !behindProxy
      ? ['check-send-proxy beside plain requests']
      : []),
    ...(['h1', undefined].includes(valueOf('proto')) ? [] : [`proto ${valueOf('proto')}`]),
  ];
  return { host, ports: [{ port, withTls, behindProxy }, ...checked], unspoken: unspoken[0] };
}

function isOtherProxy(word: string): boolean {
  return /^send-proxy-v2-/.test(word);
}
