import { BYTE_ORDER_MARK, type Comment, physicalLines, type Position, type ReadingProblem } from '../source.js';
import { haproxyTokens, type LexedLine } from './lexer.js';

export interface HaproxyLine {
  /** One at least. A `no` or `default` before the keyword is a word, too. */
  words: { text: string; position: Position }[];
  position: Position;
  /** In an `.if` whose condition only a running HAProxy knows. */
  isConditional: boolean;
}

export interface HaproxySection {
  /** `global`, `defaults`, `frontend`, ... */
  kind: string;
  name: string | undefined;
  /** Of the defaults section that is named with `from`. */
  from: string | undefined;
  position: Position;
  lines: HaproxyLine[];
}

export interface HaproxyTree {
  sections: HaproxySection[];
  comments: Comment[];
  problems: ReadingProblem[];
  notUnderstood: ReadingProblem[];
}

const SECTIONS = new Set(
  (
    'global defaults frontend backend listen peers resolvers mailers userlist program http-errors ring cache fcgi-app ' +
    'log-forward log-profile crt-store traces acme ruleset'
  ).split(' '),
);

/** What is read with one line after the other of several files: `-f` may stand several times, and goes on where the last file ended. */
export class HaproxyReader {
  readonly tree: HaproxyTree = { sections: [], comments: [], problems: [], notUnderstood: [] };
  private readonly environment = new Map<string, string>();
  /** `over`: a branch before has been taken. */
  private readonly conditions: ('taken' | 'left out' | 'over' | 'unknown')[] = [];

  read(file: string, text: string): void {
    const hasMark = text.startsWith(BYTE_ORDER_MARK);
    if (hasMark)
      this.problem({ file, line: 1, column: 1 }, 'a byte order mark: HAProxy takes it for a part of the first word');
    for (const [index, { content }] of physicalLines(hasMark ? text.slice(1) : text).entries()) {
      if (content === '') continue;
      const position = { file, line: index + 1, column: 1 };
      if (content.includes('\0')) this.problem(position, 'a NUL byte: HAProxy refuses the file');
      else if (content.length > LONGEST_LINE)
        this.tree.notUnderstood.push({ position, text: `more than ${LONGEST_LINE} signs` });
      else this.line(haproxyTokens(content, this.environment), position);
      if (this.tree.problems.length >= MOST_PROBLEMS) break;
    }
    const last = this.conditions.length;
    if (last > 0) this.problem({ file, line: 1, column: 1 }, `${last} .if without its .endif`);
    this.conditions.length = 0;
  }

  private line({ tokens, openQuote, unknownVariables }: LexedLine, start: Position): void {
    const at = (offset: number) => ({ ...start, column: offset + 1 });
    const comment = tokens.find(({ kind }) => kind === 'comment');
    if (comment) {
      const followsWord = tokens.at(-2)?.kind === 'word';
      this.tree.comments.push({ text: comment.text.trim(), position: at(comment.offset), followsWord });
    }
    const words = tokens
      .filter(({ kind }) => kind === 'word')
      .map(({ text, offset }) => ({ text, position: at(offset) }));
    const [first] = words;
    if (!first) return;
    if (first.text.startsWith('.'))
      return this.directive(
        words.map(({ text }) => text),
        first.position,
      );
    if (this.conditions.includes('left out') || this.conditions.includes('over')) return;
    if (openQuote) this.problem(first.position, `a quote ${openQuote} is not closed`);
    for (const name of new Set(unknownVariables))
      this.tree.notUnderstood.push({
        position: first.position,
        text: `environment variable ${name}: its value is not known here`,
      });
    this.statement({ words, position: first.position, isConditional: this.conditions.includes('unknown') });
  }

  private statement(line: HaproxyLine): void {
    const [keyword, ...rest] = line.words.map(({ text }) => text);
    if (SECTIONS.has(keyword!)) {
      const from = rest.indexOf('from');
      const name = rest[0] === 'from' ? undefined : rest[0];
      const position = line.position;
      this.tree.sections.push({
        kind: keyword!,
        name,
        from: from < 0 ? undefined : rest[from + 1],
        position,
        lines: [],
      });
      return;
    }
    const section = this.tree.sections.at(-1);
    if (!section) return this.problem(line.position, `'${keyword}' stands before the first section`);
    if (section.kind === 'global' && (keyword === 'setenv' || keyword === 'presetenv') && rest.length > 1)
      this.environment.set(rest[0]!, rest[1]!);
    section.lines.push(line);
  }

  private directive([name, ...rest]: string[], position: Position): void {
    if (name === '.if') this.conditions.push(verdictOf(rest));
    else if (name === '.endif') {
      if (!this.conditions.pop()) this.problem(position, '.endif without its .if');
    } else if (name === '.else' || name === '.elif') {
      const before = this.conditions.pop();
      if (!before) return this.problem(position, `${name} without its .if`);
      if (before === 'left out') this.conditions.push(name === '.elif' ? verdictOf(rest) : 'taken');
      else this.conditions.push(before === 'unknown' ? 'unknown' : 'over');
    }
  }

  private problem(position: Position, text: string): void {
    this.tree.problems.push({ position, text });
  }
}

const MOST_PROBLEMS = 20;
const LONGEST_LINE = 20_000;

/** Only what is the same on every machine is decided. */
function verdictOf(condition: string[]): 'taken' | 'left out' | 'unknown' {
  const text = condition.join(' ').trim();
  if (text === '' || text === '0' || text === 'false') return 'left out';
  return text === '1' || text === 'true' ? 'taken' : 'unknown';
}
