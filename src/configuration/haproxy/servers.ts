import type { Position, ReadingProblem } from '../source.js';
import { durationMs } from './time.js';
import type { HaproxyLine } from './tree.js';

/** A `server` line, or all of a `server-template`, with what `default-server` says before it (configuration manual, section 5.2). */
export interface HaproxyServer {
  name: string;
  /** As it is written. */
  address: string;
  /** Words after the address, without those of `default-server`. */
  parameters: string[];
  /** Those of the `default-server` lines before it. */
  defaultParameters: string[];
  isChecked: boolean;
  /** Its health is another server's: `track`. */
  tracks: string | undefined;
  isBackup: boolean;
  isDisabled: boolean;
  intervalMs: number;
  fastIntervalMs: number | undefined;
  fall: number;
  rise: number;
  /** How many servers a template stands for; 1 for a server. */
  count: number;
  position: Position;
}

type Settings = Pick<
  HaproxyServer,
  'isChecked' | 'tracks' | 'isBackup' | 'isDisabled' | 'intervalMs' | 'fastIntervalMs' | 'fall' | 'rise'
>;

const UNSAID: Settings = {
  isChecked: false,
  tracks: undefined,
  isBackup: false,
  isDisabled: false,
  intervalMs: 2000,
  fastIntervalMs: undefined,
  fall: 3,
  rise: 2,
};

export function serversOf(
  own: HaproxyLine[],
  inherited: HaproxyLine[],
  notUnderstood: ReadingProblem[],
): HaproxyServer[] {
  const read = (line: HaproxyLine, from: number, before: Settings) =>
    settingsOf(
      line.words.slice(from).map(({ text }) => text),
      before,
      (text) => notUnderstood.push({ position: line.position, text }),
    );
  const placeOf = ({ words, position }: HaproxyLine, from: number) => ({
    position,
    parameters: words.slice(from).map(({ text }) => text),
  });
  let defaults = UNSAID;
  let defaultParameters: string[] = [];
  const servers: HaproxyServer[] = [];
  for (const line of [...inherited, ...own]) {
    const [keyword, name, third, fourth] = line.words.map(({ text }) => text);
    if (keyword === 'default-server') {
      defaults = read(line, 1, defaults);
      defaultParameters = [...defaultParameters, ...placeOf(line, 1).parameters];
    }
    if (keyword === 'server' && name !== undefined && third !== undefined)
      servers.push({
        name,
        address: third,
        count: 1,
        defaultParameters,
        ...placeOf(line, 3),
        ...read(line, 3, defaults),
      });
    if (keyword === 'server-template' && name !== undefined && fourth !== undefined) {
      const count = Number(third!.split('-').at(-1)) || 1;
      servers.push({
        name: `${name}1`,
        address: fourth,
        count,
        defaultParameters,
        ...placeOf(line, 4),
        ...read(line, 4, defaults),
      });
    }
  }
  return servers;
}

function settingsOf(words: string[], before: Settings, notUnderstood: (text: string) => void): Settings {
  const settings = { ...before };
  for (const [at, word] of words.entries()) {
    const value = words[at + 1] ?? '';
    if (word === 'check') settings.isChecked = true;
    else if (word === 'no-check') settings.isChecked = false;
    else if (word === 'track') settings.tracks = value;
    else if (word === 'backup') settings.isBackup = true;
    else if (word === 'no-backup') settings.isBackup = false;
    else if (word === 'disabled') settings.isDisabled = true;
    else if (word === 'enabled') settings.isDisabled = false;
    else if ((word === 'inter' || word === 'fastinter') && words[at - 1] !== 'on-error') {
      const ms = durationMs(value);
      if (ms === undefined) notUnderstood(`${word} ${value}: not a time`);
      else if (word === 'inter') settings.intervalMs = ms;
      else settings.fastIntervalMs = ms;
    } else if ((word === 'fall' || word === 'rise') && /^\d+$/.test(value)) settings[word] = Number(value);
  }
  return settings;
}

/** From the moment that a checked server fails until it is out, in milliseconds: luck and bad luck with the moment. */
export function serverDetectionMs({ intervalMs, fastIntervalMs, fall }: HaproxyServer): [number, number] {
  const othersMs = (fall - 1) * (fastIntervalMs ?? intervalMs);
  return [othersMs, intervalMs + othersMs];
}
