import type { Position, ReadingProblem, Sourced } from '../source.js';
import { addressesOf, type ListenAddress } from './addresses.js';
import { type HaproxyServer, serversOf } from './servers.js';
import { durationMs } from './time.js';
import type { HaproxyLine, HaproxySection, HaproxyTree } from './tree.js';

/** What haproxy.cfg says, each proxy with what its `defaults` section says before it (configuration manual, sections 2 and 4). */
export interface HaproxyModel {
  proxies: HaproxyProxy[];
  notUnderstood: ReadingProblem[];
}

export interface HaproxyProxy {
  kind: 'frontend' | 'backend' | 'listen';
  name: string;
  position: Position;
  mode: string;
  binds: ListenAddress[];
  servers: HaproxyServer[];
  /** `client`, `connect`, `server`, `check`, ... in milliseconds; NaN where the value is not understood. */
  timeouts: Map<string, Sourced<number>>;
  /** `option` lines that are in force, by name. */
  options: Map<string, HaproxyLine>;
  /** `http-check` and `tcp-check` lines, word by word; its own take the place of those of its defaults. */
  healthChecks: string[][];
  monitorUri: Sourced<string> | undefined;
  /** Conditions of `monitor fail`, as they are written. */
  monitorFails: string[];
  statisticsUri: Sourced<string> | undefined;
  /** Backends that requests may go to, as far as their names are written down. */
  backends: Sourced<string>[];
  /** Of these, the ones that a condition on how many servers are up leads to. */
  lastResorts: string[];
  /** Answers of the proxy's own, such as `http-request return` and `redirect`. */
  answersItself: boolean;
  /** Something in it, or in its defaults, is in an `.if` that is not decided here. */
  isConditional: boolean;
}

const KINDS = ['frontend', 'backend', 'listen'] as const;

export function haproxyModel({ sections }: HaproxyTree): HaproxyModel {
  const notUnderstood: ReadingProblem[] = [];
  const proxies: HaproxyProxy[] = [];
  const defaults = new Defaults();
  for (const section of sections) {
    const kind = KINDS.find((candidate) => candidate === section.kind);
    if (section.kind === 'defaults') defaults.add(section);
    else if (kind && !isDisabled(section))
      proxies.push(proxyOf(kind, section, defaults.linesFor(section), notUnderstood));
  }
  return { proxies, notUnderstood };
}

/** HAProxy does not look at such a proxy any further. */
function isDisabled({ lines }: HaproxySection): boolean {
  return lines.findLast(({ words }) => /^(dis|en)abled$/.test(words[0]!.text))?.words[0]!.text === 'disabled';
}

/** The defaults sections above, each with what its own `from` says before it. */
class Defaults {
  private last: HaproxyLine[] = [];
  private readonly byName = new Map<string, HaproxyLine[]>();

  add({ name, from, lines }: HaproxySection): void {
    this.last = from === undefined ? lines : [...(this.byName.get(from) ?? []), ...lines];
    if (name !== undefined) this.byName.set(name, this.last);
  }

  /** Of the section that is named with `from`, or of the last one above. */
  linesFor({ from }: HaproxySection): HaproxyLine[] {
    return from === undefined ? this.last : (this.byName.get(from) ?? []);
  }
}

function proxyOf(
  kind: HaproxyProxy['kind'],
  { name = '', position, lines: own }: HaproxySection,
  inherited: HaproxyLine[],
  notUnderstood: ReadingProblem[],
): HaproxyProxy {
  const lines = [...inherited, ...own];
  const ofKeyword = (keyword: string, among = lines) => among.filter(({ words }) => words[0]!.text === keyword);
  const last = (keyword: string): Sourced<string> | undefined => {
    const line = ofKeyword(keyword).at(-1);
    return line?.words[1] && { value: line.words[1].text, position: line.position };
  };
  const statistics = ofKeyword('stats');
  const statisticsUri = statistics.filter(({ words }) => words[1]?.text === 'uri').at(-1);
  const useBackends = ofKeyword('use_backend', own).concat(ofKeyword('default_backend'));
  return {
    kind,
    name,
    position,
    mode: last('mode')?.value ?? 'tcp',
    binds: ofKeyword('bind', own).flatMap((line) => addressesOf(line)),
    servers: serversOf(own, inherited, notUnderstood),
    timeouts: timeoutsOf(lines, notUnderstood),
    options: optionsOf(lines),
    healthChecks: [own, inherited].map(healthChecksIn).find((rules) => rules.length > 0) ?? [],
    monitorUri: last('monitor-uri'),
    monitorFails: ofKeyword('monitor').map(({ words }) => words.map(({ text }) => text).join(' ')),
    statisticsUri:
      statistics.length === 0
        ? undefined
        : {
            value: statisticsUri?.words[2]?.text ?? '/haproxy?stats',
            position: (statisticsUri ?? statistics[0]!).position,
          },
    backends: useBackends.flatMap(({ words, position }) =>
      words[1] && !/[%$]/.test(words[1].text) ? [{ value: words[1].text, position }] : [],
    ),
    lastResorts: useBackends
      .filter(({ words }) => words.some(({ text }) => /\bnbsrv\(|\bsrv_is_up\(/.test(text)))
      .map(({ words }) => words[1]?.text ?? ''),
    answersItself:
      ofKeyword('redirect').length > 0 ||
      ofKeyword('http-request').some(({ words }) =>
        ['return', 'redirect', 'deny', 'use-service', 'tarpit', 'reject'].includes(words[1]?.text ?? ''),
      ),
    isConditional: lines.some((line) => line.isConditional),
  };
}

function healthChecksIn(lines: HaproxyLine[]): string[][] {
  const all = lines.map(({ words }) => words.map(({ text }) => text));
  return all.filter(([first]) => first === 'http-check' || first === 'tcp-check');
}

function timeoutsOf(lines: HaproxyLine[], notUnderstood: ReadingProblem[]): Map<string, Sourced<number>> {
  const timeouts = new Map<string, Sourced<number>>();
  for (const { words, position } of lines) {
    const [keyword, name, text] = words.map((word) => word.text);
    if (keyword !== 'timeout' || name === undefined || text === undefined) continue;
    const value = durationMs(text);
    if (value === undefined) notUnderstood.push({ position, text: `timeout ${name} ${text}: not a time` });
    timeouts.set(name, { value: value ?? NaN, position });
  }
  return timeouts;
}

function optionsOf(lines: HaproxyLine[]): Map<string, HaproxyLine> {
  const options = new Map<string, HaproxyLine>();
  for (const line of lines) {
    const [first, second, third] = line.words.map(({ text }) => text);
    if (first === 'option' && second !== undefined) options.set(second, line);
    if ((first === 'no' || first === 'default') && second === 'option' && third !== undefined) options.delete(third);
  }
  return options;
}
