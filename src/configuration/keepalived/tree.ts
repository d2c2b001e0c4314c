import type { Comment, Position, ReadingProblem } from '../source.js';
import { keepalivedTokens } from './lexer.js';
import { type Files, logicalLines } from './logical-lines.js';

export interface Word {
  /** Without quotes. */
  text: string;
  position: Position;
}

/** A line of keepalived.conf, with what stands in its braces. */
export interface Statement {
  /** One at least: the keyword, or in a block of values a value. */
  words: Word[];
  /** Undefined when there are no braces. */
  block?: Statement[];
  position: Position;
}

export interface KeepalivedTree {
  statements: Statement[];
  comments: Comment[];
  problems: ReadingProblem[];
  notUnderstood: ReadingProblem[];
}

/**
 * Reads keepalived.conf and what it includes. Every keyword is kept, known or not; braces that do not match are problems.
 * @param path of the file in `files`
 * @param configId see `logicalLines`
 */
export function keepalivedTree(path: string, files: Files, configId: string): KeepalivedTree {
  const { lines, comments, problems, notUnderstood } = logicalLines(path, files, configId);
  const statements: Statement[] = [];
  const open: { statement: Statement; block: Statement[] }[] = [];
  const current = () => open.at(-1)?.block ?? statements;
  for (const { text, position } of lines) {
    let words: Word[] = [];
    const endStatement = () => {
      if (words.length > 0) current().push({ words, position: words[0]!.position });
      words = [];
    };
    for (const { kind, raw, text: word, offset } of keepalivedTokens(text).tokens) {
      const here = { ...position, column: position.column + offset };
      if (kind === 'word') words.push({ text: word, position: here });
      if (kind !== 'brace') continue;
      if (problems.length > MOST_PROBLEMS) break;
      endStatement();
      if (raw === '}') {
        if (!open.pop()) problems.push({ position: here, text: 'a } that closes nothing' });
        continue;
      }
      const statement = current().at(-1);
      if (!statement || statement.block) problems.push({ position: here, text: 'a { that belongs to no keyword' });
      else if (open.length >= DEEPEST) problems.push({ position: here, text: `blocks more than ${DEEPEST} deep` });
      else open.push({ statement, block: (statement.block = []) });
    }
    endStatement();
    if (problems.length > MOST_PROBLEMS) break;
  }
  for (const { statement } of open)
    problems.push({ position: statement.position, text: `the { of ${statement.words[0]!.text} is not closed` });
  return { statements, comments, problems: problems.slice(0, MOST_PROBLEMS), notUnderstood };
}

/** keepalived's own blocks are three deep. */
const DEEPEST = 20;
/** Rubbish is told in a few lines. */
const MOST_PROBLEMS = 20;
