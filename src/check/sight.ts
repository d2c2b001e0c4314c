import type { HaproxyProxy } from '../configuration/haproxy/model.js';
import { plainAddress } from '../configuration/ip-address.js';
import type { VrrpCheck } from '../configuration/keepalived/checks.js';
import type { CheckedNode } from './checked-cluster.js';

/** What a check finds out; undefined where that cannot be told from the configuration. */
export interface Sight {
  haproxyDies: boolean | undefined;
  haproxyHangs: boolean | undefined;
  /** It fails when all servers are down, though HAProxy works. */
  allServersDie: boolean | undefined;
  /** How long it waits for an answer. */
  patienceMs: number;
  /** Of one that is known: how long it takes, from and to, in milliseconds. */
  detectionMs?: Partial<Record<'haproxy-dies' | 'haproxy-hangs', [number, number]>>;
  /** Its name alone says that it is about HAProxy. */
  isAssumed?: true;
}

const LOOKS_AT_PROCESSES =
  /\b(killall\d*\s+(-\S+\s+)*-(0|s\s*0|SIGNULL)\b.*haproxy|kill\s+-0\b.*haproxy|pidof\b.*haproxy|pgrep\b.*haproxy|pkill\s+-0\b.*haproxy|systemctl\b.*(is-active|status)\b.*haproxy|service\s+haproxy\s+status)/;
const LOOKS_AT_PORTS = /\b(nc|ncat|netcat)\b.*\s-\w*z|\/dev\/tcp\/|\b(ss|netstat)\s+-/;
const ASKS_WITH_HTTP = /\b(?:curl|wget)\b.*?\bhttps?:\/\/(\[[\da-f:]+\]|[^\s/:"']+)(?::(\d+))?(\/[^\s"']*)?/i;
const ASKS_WITHOUT_SCHEME = /\b(?:curl|wget)\b.*?\s["']?(localhost|127\.\d+\.\d+\.\d+)(?::(\d+))?(\/[^\s"']*)?/;
const FAILS_ON_ERRORS = /\bwget\b|\bcurl\b.*\s(?:-[a-zA-Z]*f|--fail)/;
/** The lab's own: its arguments are the port and the path. */
const ASKS_LIKE_THE_LAB = /\bcheck-haproxy\s+(\d+)\s+(\/\S*)/;
const LONGEST_SCRIPT = 20_000;

/** What a check sees of the node's HAProxy. A script that the node's folder has is looked into. */
export function sightOf(check: VrrpCheck, node: CheckedNode): Sight {
  const known = node.knownSights.get(check.name);
  if (known) return known;
  const sight = ofCheck(check, node);
  if (sight.haproxyDies !== undefined || !/haproxy/i.test(`${check.name} ${check.target}`)) return sight;
  return { ...sight, haproxyDies: true, isAssumed: true };
}

function ofCheck(check: VrrpCheck, node: CheckedNode): Sight {
  const unknown = {
    haproxyDies: undefined,
    haproxyHangs: undefined,
    allServersDie: undefined,
    patienceMs: check.timeoutMs,
  };
  if (check.kind === 'file') return unknown;
  if (check.kind === 'process') {
    const isHaproxy = /\bhaproxy\b/.test(check.target);
    return { ...unknown, haproxyDies: isHaproxy, haproxyHangs: false, allServersDie: false };
  }
  const command = commandOf(check, node);
  const asks = ASKS_WITH_HTTP.exec(command) ?? ASKS_WITHOUT_SCHEME.exec(command) ?? ASKS_LIKE_THE_LAB.exec(command);
  if (asks) return { ...ofRequest(asks, command, node), patienceMs: patienceOf(command, check) };
  if (LOOKS_AT_PROCESSES.test(command) || LOOKS_AT_PORTS.test(command))
    return { ...unknown, haproxyDies: true, haproxyHangs: false, allServersDie: false };
  return unknown;
}

/** The command, with the text of a script that it names after it. */
function commandOf({ target }: VrrpCheck, { otherFiles }: CheckedNode): string {
  const script = target.split(/\s+/).flatMap((word) => {
    const text = otherFiles.get(word) ?? otherFiles.get(word.split('/').at(-1)!);
    return text === undefined ? [] : [text.slice(0, LONGEST_SCRIPT)];
  });
  const lines = script
    .join('\n')
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'));
  return [target, ...lines].join('\n');
}

function patienceOf(command: string, { timeoutMs }: VrrpCheck): number {
  const limit = /\s(?:-m|--max-time|-T|--timeout)[\s=]*(\d+(?:\.\d+)?)/.exec(command);
  return limit ? Math.min(timeoutMs, Number(limit[1]) * 1000) : timeoutMs;
}

function ofRequest(asks: RegExpExecArray, command: string, { haproxy }: CheckedNode) {
  const isLabs = asks.length === 3;
  const host = isLabs ? 'localhost' : plainAddress(asks[1]!.replace(/^\[(.*)\]$/, '$1'));
  const port = Number((isLabs ? asks[1] : asks[2]) ?? (command.includes('https://') ? 443 : 80));
  const path = ((isLabs ? asks[2] : asks[3]) ?? '/').split('?')[0]!;
  const asked = haproxy && askedProxy(haproxy.model.proxies, host, port);
  if (!asked) return { haproxyDies: undefined, haproxyHangs: undefined, allServersDie: undefined };
  const fails = isLabs || FAILS_ON_ERRORS.test(command);
  return {
    haproxyDies: true,
    haproxyHangs: true,
    // Without its -f curl takes a 503 for an answer like any other.
    allServersDie: fails && needsServers(asked, path, haproxy.model.proxies),
  };
}

/** The proxy that listens on this very address, or else on all of them, when it is the node itself that is asked. */
function askedProxy(proxies: HaproxyProxy[], host: string, port: number): HaproxyProxy | undefined {
  const isSelf = host === 'localhost' || host === '::1' || host.startsWith('127.');
  const listening = (wanted: (address: string) => boolean) =>
    proxies.find(({ binds }) => binds.some((bind) => bind.port === port && wanted(bind.host)));
  const address = host === 'localhost' ? '127.0.0.1' : host;
  return listening((bound) => bound === address) ?? (isSelf ? listening((bound) => bound === '') : undefined);
}

/** Whether a request to a path gets another answer when no server is left. */
function needsServers(proxy: HaproxyProxy, path: string, proxies: HaproxyProxy[]): boolean | undefined {
  if (proxy.monitorUri?.value === path) {
    if (proxy.monitorFails.some((condition) => condition.includes('nbsrv('))) return true;
    return proxy.monitorFails.length > 0 ? undefined : false;
  }
  if (proxy.statisticsUri && path.startsWith(proxy.statisticsUri.value.split('?')[0]!)) return false;
  if (proxy.answersItself || proxy.isConditional) return undefined;
  const names = proxy.backends.map(({ value }) => value);
  const asked = proxies.filter(
    ({ name, kind, servers }) => servers.length > 0 && kind !== 'frontend' && names.includes(name),
  );
  if (proxy.servers.length > 0 || (asked.length > 0 && asked.length === new Set(names).size)) return true;
  return undefined;
}
