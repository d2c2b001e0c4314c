import type { ReadingProblem, Sourced } from '../source.js';
import type { Statement, Word } from './tree.js';

/** The statements of a block that begin with one of these words. */
export function named(statements: Statement[], ...keywords: string[]): Statement[] {
  return statements.filter(({ words }) => keywords.includes(words[0]!.text));
}

/** The last statement of that name: keepalived lets a later one win. */
export function lastNamed(statements: Statement[], keyword: string): Statement | undefined {
  return named(statements, keyword).at(-1);
}

/** The words after the keyword, with blanks between them. */
export function textValue(statement: Statement | undefined): Sourced<string> | undefined {
  const [, ...rest] = statement?.words ?? [];
  return rest.length > 0 ? { value: rest.map(({ text }) => text).join(' '), position: statement!.position } : undefined;
}

/** @returns undefined where there is no number; `value` is NaN when the word is none */
export function numberValue(statement: Statement | undefined): Sourced<number> | undefined {
  const word = statement?.words[1];
  return word && { value: numberOf(word), position: statement.position };
}

/** Seconds with decimals, in milliseconds. */
export function secondsValue(statement: Statement | undefined): Sourced<number> | undefined {
  const seconds = numberValue(statement);
  return seconds && { ...seconds, value: seconds.value * 1000 };
}

/** `on`, `off` and their like; a keyword alone is on. */
export function isOn(statement: Statement | undefined): boolean {
  return statement !== undefined && !['off', 'false', 'no', '0'].includes(statement.words[1]?.text ?? 'on');
}

export function numberOf({ text }: Word): number {
  return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
}

/** @returns undefined, and a note, for a value that keepalived does not take: it goes by its default then */
export function inRange(
  value: Sourced<number> | undefined,
  keyword: string,
  [least, most]: [number, number],
  notUnderstood: ReadingProblem[],
): Sourced<number> | undefined {
  if (!value || (value.value >= least && value.value <= most)) return value;
  const text = Number.isNaN(value.value) ? 'not a number' : 'out of range';
  notUnderstood.push({ position: value.position, text: `${keyword}: ${text}, keepalived takes its default` });
  return undefined;
}
