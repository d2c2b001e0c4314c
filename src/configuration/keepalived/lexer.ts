/** A piece of a line; all pieces joined are the line. */
export interface Token {
  kind: 'blank' | 'word' | 'brace' | 'comment';
  raw: string;
  /** From the start of the line, in UTF-16 code units. */
  offset: number;
  /** A word as keepalived reads it: without its quotes, and without the backslash before a sign that would begin a comment. */
  text: string;
}

/**
 * Cuts a line as keepalived does (lib/parser.c: decomment, alloc_strvec_r). `#` and `!` begin a comment anywhere outside double quotes,
 * in the middle of a word, too; a word that begins with a double quote ends with the next one; braces stand alone.
 * @returns the pieces, and whether a quote is not closed: its word takes the rest of the line then
 */
export function keepalivedTokens(line: string): { tokens: Token[]; isQuoteOpen: boolean } {
  const tokens: Token[] = [];
  let isQuoteOpen = false;
  let at = 0;
  const take = (kind: Token['kind'], end: number, text = line.slice(at, end)) => {
    tokens.push({ kind, raw: line.slice(at, end), offset: at, text });
    at = end;
  };
  while (at < line.length) {
    const sign = line[at]!;
    if (isBlank(sign)) take('blank', endOfBlanks(line, at));
    else if (sign === '#' || sign === '!') take('comment', line.length);
    else if (sign === '{' || sign === '}') take('brace', at + 1);
    else if (sign === '"') {
      const end = endOfQuoted(line, at + 1);
      isQuoteOpen ||= end < 0;
      const text = line.slice(at + 1, end < 0 ? line.length : end).replaceAll(/\\(["'\\])/g, '$1');
      take('word', end < 0 ? line.length : end + 1, text);
    } else {
      const end = endOfWord(line, at);
      take('word', end, line.slice(at, end).replaceAll(/\\([#!])/g, '$1'));
    }
  }
  return { tokens, isQuoteOpen };
}

function isBlank(sign: string): boolean {
  return sign === ' ' || sign === '\t' || sign === '\r' || sign === '\f' || sign === '\v';
}

function endOfBlanks(line: string, from: number): number {
  let at = from;
  while (at < line.length && isBlank(line[at]!)) at++;
  return at;
}

/** A backslash takes the next sign with it, a quote as well, as in a script's command. @returns -1 when there is no end */
function endOfQuoted(line: string, from: number): number {
  for (let at = from; at < line.length; at++) {
    if (line[at] === '\\') at++;
    else if (line[at] === '"') return at;
  }
  return -1;
}

function endOfWord(line: string, from: number): number {
  for (let at = from; at < line.length; at++) {
    const sign = line[at]!;
    if (sign === '\\' && at + 1 < line.length) at++;
    else if (isBlank(sign) || '#!"{}'.includes(sign)) return at;
  }
  return line.length;
}
