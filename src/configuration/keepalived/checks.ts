import type { Position, ReadingProblem } from '../source.js';
import type { Statement } from './tree.js';
import { inRange, lastNamed, named, numberValue, secondsValue, textValue } from './values.js';

/** Who runs scripts when script security is on, and nothing else is said. */
export const DEFAULT_SCRIPT_USER = 'keepalived_script';

/** A script, a file or a process whose state instances can track. */
export interface VrrpCheck {
  kind: 'script' | 'file' | 'process';
  name: string;
  position: Position;
  /** A script's command, a file's path, a process's command line. */
  target: string;
  /** Who runs a script; root, or keepalived_script where the host has that user, when it is undefined. */
  user: string | undefined;
  /** 0: not good means FAULT. Below 0: added to the priority while it is not good. Above 0: while it is. */
  weight: number;
  /** Good and not good change places. */
  isReversed: boolean;
  weightPosition: Position;
  /** Of a script alone: a file is looked at when it changes, a process when it starts or ends. */
  intervalMs: number;
  timeoutMs: number;
  fall: number;
  rise: number;
  /** Of a process: so long it may be gone. */
  delayMs: number;
}

/** `vrrp_script`, `vrrp_track_process`, `track_file` and `vrrp_track_file` blocks. */
export function vrrpChecks(statements: Statement[], notUnderstood: ReadingProblem[]): VrrpCheck[] {
  const globals = named(statements, 'global_defs').flatMap(({ block }) => block ?? []);
  const isSecured = lastNamed(globals, 'enable_script_security') !== undefined;
  const scriptUser =
    textValue(lastNamed(globals, 'script_user'))?.value ?? (isSecured ? DEFAULT_SCRIPT_USER : undefined);
  return [
    ...named(statements, 'vrrp_script').map((statement) =>
      checkOf('script', 'script', statement, notUnderstood, scriptUser),
    ),
    ...named(statements, 'track_file', 'vrrp_track_file').map((statement) =>
      checkOf('file', 'file', statement, notUnderstood),
    ),
    ...named(statements, 'vrrp_track_process', 'track_process').map((statement) =>
      checkOf('process', 'process', statement, notUnderstood),
    ),
  ];
}

function checkOf(
  kind: VrrpCheck['kind'],
  keyword: string,
  { words, block = [], position }: Statement,
  notUnderstood: ReadingProblem[],
  scriptUser?: string,
): VrrpCheck {
  const number = (name: string, otherwise: number, range: [number, number], read = numberValue) =>
    inRange(read(lastNamed(block, name)), name, range, notUnderstood)?.value ?? otherwise;
  const intervalMs = number('interval', 1000, [1, 1e9], secondsValue);
  return {
    kind,
    name: words[1]?.text ?? '',
    position,
    target: textValue(lastNamed(block, keyword))?.value ?? '',
    user: textValue(lastNamed(block, 'user'))?.value ?? scriptUser,
    weight: number('weight', kind === 'file' ? 1 : 0, [-1e9, 1e9]),
    isReversed: lastNamed(block, 'weight')?.words.some(({ text }) => text === 'reverse') ?? false,
    weightPosition: lastNamed(block, 'weight')?.position ?? position,
    intervalMs,
    timeoutMs: number('timeout', intervalMs, [1, 1e9], secondsValue),
    fall: number('fall', 1, [1, 1e9]),
    rise: number('rise', 1, [1, 1e9]),
    delayMs: Math.max(number('delay', 0, [0, 1e9], secondsValue), number('terminate_delay', 0, [0, 1e9], secondsValue)),
  };
}
