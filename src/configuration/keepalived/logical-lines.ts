import { isAbsolute, join, matchesGlob } from 'node:path/posix';
import {
  BYTE_ORDER_MARK,
  type Comment,
  type PhysicalLine,
  physicalLines,
  type Position,
  type ReadingProblem,
} from '../source.js';
import { Definitions } from './definitions.js';
import { keepalivedTokens } from './lexer.js';

/** A line that keepalived goes on to read, after conditions, definitions, sequences and includes. */
export interface LogicalLine {
  text: string;
  /** Of the line's first character. */
  position: Position;
}

/** What an `include` may name, and the configuration itself: path -> text. */
export type Files = ReadonlyMap<string, string>;

export interface LogicalLines {
  lines: LogicalLine[];
  comments: Comment[];
  problems: ReadingProblem[];
  /** What a reader without keepalived's machine cannot know. */
  notUnderstood: ReadingProblem[];
}

/**
 * Reads a file as keepalived's read_line does.
 * @param configId which lines that begin with `@id` and `@^id` are for this node: its host name, unless keepalived is told otherwise
 */
export function logicalLines(path: string, files: Files, configId: string): LogicalLines {
  const reader = new LineReader(files, configId);
  reader.file(path);
  return reader.result;
}

class LineReader {
  readonly result: LogicalLines = { lines: [], comments: [], problems: [], notUnderstood: [] };
  private readonly definitions = new Definitions();
  private readonly including: string[] = [];
  private expandedCount = 0;
  /** Definitions grow beyond what is read at once: nothing after them is. */
  private isGivenUp = false;

  constructor(
    private readonly files: Files,
    private readonly configId: string,
  ) {}

  file(path: string): void {
    this.including.push(path);
    const lines = physicalLines(this.withoutMark(path));
    for (let index = 0; index < lines.length && !this.isGivenUp; index++) {
      const position = { file: path, line: index + 1, column: 1 };
      const { text, column } = this.meaningful(lines[index]!, position);
      if (text === '') continue;
      const definition = /^\$([A-Za-z_]\w*)[ \t]*=[ \t]*(.*)$/.exec(this.conditional(text) ?? '');
      if (definition) index = this.define(definition, lines, index, position);
      else this.line(text, { ...position, column });
    }
    this.including.pop();
  }

  private withoutMark(path: string): string {
    const text = this.files.get(path)!;
    if (!text.startsWith(BYTE_ORDER_MARK)) return text;
    this.result.problems.push({
      position: { file: path, line: 1, column: 1 },
      text: 'a byte order mark: keepalived takes it for a part of the first word',
    });
    return text.slice(1);
  }

  /** A line without its comment and the blanks around it. */
  private meaningful({ content }: PhysicalLine, position: Position): { text: string; column: number } {
    if (content === '') return { text: '', column: 1 };
    const ignored = content.includes('\0')
      ? 'a NUL byte'
      : content.length >= MAXBUF
        ? `more than ${MAXBUF - 1} signs`
        : undefined;
    if (ignored !== undefined) {
      this.result.problems.push({ position, text: `${ignored}: keepalived ignores the line` });
      return { text: '', column: 1 };
    }
    const { tokens, isQuoteOpen } = keepalivedTokens(content);
    if (isQuoteOpen) this.result.problems.push({ position, text: 'a double quote is not closed' });
    const comment = tokens.find(({ kind }) => kind === 'comment');
    if (comment) {
      this.result.comments.push({
        text: comment.raw.slice(1).trim(),
        position: { ...position, column: comment.offset + 1 },
        followsWord: tokens.at(-2)?.kind === 'word',
      });
    }
    const text = content.slice(0, comment?.offset ?? content.length);
    const column = text.length - text.trimStart().length + 1;
    return { text: text.trim(), column };
  }

  /** @returns the index of the definition's last line: it goes on while its lines end with a backslash */
  private define([, name, first]: RegExpExecArray, lines: PhysicalLine[], from: number, position: Position): number {
    const values: string[] = [];
    let [index, text] = [from, first!];
    while (text.endsWith('\\')) {
      values.push(text.slice(0, -1).trimEnd());
      index++;
      if (index >= lines.length) break;
      ({ text } = this.meaningful(lines[index]!, { ...position, line: index + 1 }));
    }
    if (index < lines.length) values.push(text);
    this.definitions.set(
      name!,
      values.filter((value, at) => value !== '' || at === 0),
    );
    return Math.min(index, lines.length - 1);
  }

  /** @returns what is left of a line for this node; undefined when it is for others */
  private conditional(text: string): string | undefined {
    const match = /^@(\^?)(\S*)[ \t]+(.*)$/.exec(text);
    if (!match) return text.startsWith('@') ? undefined : text;
    const [, not, id, rest] = match;
    return (id === this.configId) === (not === '') ? this.conditional(rest!) : undefined;
  }

  private line(raw: string, position: Position): void {
    const text = this.conditional(raw);
    if (text === undefined || this.isGivenUp) return;
    if (/^~SEQx?[ \t]*\(/.test(text)) return this.sequence(text, position);
    if (text.startsWith('~')) {
      this.result.notUnderstood.push({ position, text: `${text.split('(')[0]}: lists of values are not expanded` });
      return;
    }
    const { lines, unknown } = this.definitions.expand(text);
    this.expandedCount += lines && lines[0] === text ? 0 : 1;
    if (!lines || this.expandedCount > MOST_EXPANSIONS) {
      const why = lines
        ? `more than ${MOST_EXPANSIONS} lines with definitions`
        : 'definitions that stand for too much, or for themselves';
      this.result.notUnderstood.push({ position, text: why });
      this.isGivenUp = true;
      return;
    }
    for (const name of unknown)
      this.result.notUnderstood.push({ position, text: `$${name}: only keepalived's own machine knows its value` });
    const isExpanded = lines.length > 1 || lines[0] !== text;
    for (const one of lines) {
      const expanded = isExpanded ? withoutComment(one) : one;
      if (isExpanded && /^[@~]/.test(expanded)) this.line(expanded, position);
      else if (/^include[rmwba]?\s/.test(expanded)) this.include(expanded, position);
      else if (expanded !== '') this.result.lines.push({ text: expanded, position: columnOf(position, raw, text) });
    }
  }

  private sequence(text: string, position: Position): void {
    const match = /^~SEQ(x?)[ \t]*\(([^,)]+),([^)]*)\)[ \t]*(.*)$/.exec(text);
    const numbers = match ? this.numbersOf(match[3]!) : [];
    if (!match || numbers.length < 1 || numbers.length > 3 || numbers.some((number) => !Number.isInteger(number))) {
      this.result.problems.push({
        position,
        text: `'${text}': not a sequence that keepalived knows: ~SEQ(NAME, FROM, STEP, TO)`,
      });
      return;
    }
    if (match[4]!.startsWith('~')) {
      this.result.notUnderstood.push({ position, text: 'a sequence of sequences' });
      return;
    }
    const [from, to] = numbers.length === 1 ? [1, numbers[0]!] : [numbers[0]!, numbers.at(-1)!];
    const step = numbers.length === 3 ? numbers[1]! : Math.sign(to - from) || 1;
    const count = step === 0 ? Infinity : Math.floor((to - from) / step) + 1;
    if (count < 1 || count > LONGEST_SEQUENCE) {
      this.result.notUnderstood.push({
        position,
        text: `a sequence of ${count < 1 ? 'no' : `over ${LONGEST_SEQUENCE}`} values`,
      });
      return;
    }
    for (let at = 0; at < count && !this.isGivenUp; at++) {
      this.definitions.set(match[2]!.trim(), [(from + at * step).toString(match[1] === 'x' ? 16 : 10)]);
      this.line(match[4]!, position);
    }
  }

  private numbersOf(list: string): number[] {
    const [expanded = ''] = this.definitions.expand(list).lines ?? [];
    return expanded.split(',').map((text) => (text.trim() === '' ? NaN : Number(text)));
  }

  private include(text: string, position: Position): void {
    const pattern = text.replace(/^\w+\s+/, '').replace(/^"(.*)"$/, '$1');
    const found = this.filesOf(pattern, position.file);
    if (found.length === 0)
      this.result.notUnderstood.push({ position, text: `include ${pattern}: no such file beside the configuration` });
    for (const path of found) {
      if (this.including.includes(path))
        this.result.problems.push({ position, text: `include ${pattern}: ${path} includes itself` });
      else this.file(path);
    }
  }

  /** What an absolute path names on the node is looked for below the node's folder, as a whole or from /etc/keepalived on. */
  private filesOf(pattern: string, from: string): string[] {
    const folderOf = (path: string) => path.split('/').slice(0, -1).join('/');
    const root = folderOf(this.including[0]!);
    const candidates = isAbsolute(pattern)
      ? [pattern.slice(1), pattern.replace(/^\/(usr\/local\/)?etc\/keepalived\//, '')].map((path) => join(root, path))
      : [join(folderOf(from), pattern)];
    for (const candidate of candidates) {
      const found = [...this.files.keys()].filter((path) => path === candidate || matchesGlob(path, candidate));
      if (found.length > 0) return found.toSorted();
    }
    return [];
  }
}

const LONGEST_SEQUENCE = 1000;
const MOST_EXPANSIONS = 5000;
/** keepalived's own (lib/parser.h). */
const MAXBUF = 1024;

function withoutComment(line: string): string {
  const { tokens } = keepalivedTokens(line);
  return tokens
    .filter(({ kind }) => kind !== 'comment')
    .map(({ raw }) => raw)
    .join('')
    .trim();
}

/** `text` is the end of `raw`, when that began with a condition. */
function columnOf(position: Position, raw: string, text: string): Position {
  return { ...position, column: position.column + raw.length - text.length };
}
