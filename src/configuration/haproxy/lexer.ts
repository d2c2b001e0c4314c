/** A piece of a line; all pieces joined are the line. */
export interface Token {
  kind: 'blank' | 'word' | 'comment';
  raw: string;
  /** From the start of the line, in UTF-16 code units. */
  offset: number;
  /** A word as HAProxy reads it: without quotes and escapes, with environment variables that are known. */
  text: string;
}

export interface LexedLine {
  tokens: Token[];
  /** The sign of a quote that is not closed. */
  openQuote?: string;
  /** Environment variables whose value is not known; they stand as they are written. */
  unknownVariables: string[];
}

/**
 * Cuts a line as HAProxy does (configuration manual, section 2.2). `#` begins a comment anywhere outside quotes; a backslash takes
 * the next sign as it is; single quotes take everything as it is; within double quotes `$NAME` and `${NAME}` are environment variables.
 * @param environment what `setenv`, `presetenv` and the user say
 */
export function haproxyTokens(line: string, environment: ReadonlyMap<string, string>): LexedLine {
  const lexed: LexedLine = { tokens: [], unknownVariables: [] };
  let at = 0;
  while (at < line.length) {
    const from = at;
    if (BLANK.test(line[at]!)) {
      while (at < line.length && BLANK.test(line[at]!)) at++;
      lexed.tokens.push({ kind: 'blank', raw: line.slice(from, at), offset: from, text: line.slice(from, at) });
    } else if (line[at] === '#') {
      at = line.length;
      lexed.tokens.push({ kind: 'comment', raw: line.slice(from), offset: from, text: line.slice(from + 1) });
    } else {
      const word = new WordReader(line, environment, lexed);
      at = word.read(from);
      lexed.tokens.push({ kind: 'word', raw: line.slice(from, at), offset: from, text: word.text });
    }
  }
  return lexed;
}

class WordReader {
  text = '';
  private quote = '';

  constructor(
    private readonly line: string,
    private readonly environment: ReadonlyMap<string, string>,
    private readonly lexed: LexedLine,
  ) {}

  /** @returns where the word ends */
  read(from: number): number {
    let at = from;
    while (at < this.line.length) {
      const sign = this.line[at]!;
      if (this.quote === '' && (sign === '#' || BLANK.test(sign))) break;
      at += this.take(sign, at);
    }
    if (this.quote !== '') this.lexed.openQuote = this.quote;
    return at;
  }

  /** @returns how many signs it took */
  private take(sign: string, at: number): number {
    if (sign === this.quote) this.quote = '';
    else if (this.quote === '' && (sign === '"' || sign === "'")) this.quote = sign;
    else if (sign === '\\' && this.quote !== "'" && at + 1 < this.line.length) {
      const next = this.line[at + 1]!;
      this.text += this.quote === '' || '\\"$'.includes(next) ? (ESCAPED[next] ?? next) : sign + next;
      return 2;
    } else if (sign === '$' && this.quote === '"') return this.variable(at);
    else this.text += sign;
    return 1;
  }

  private variable(at: number): number {
    const match = /^\$(?:\{([A-Za-z_]\w*)(?:\[\*\])?(?:-([^}]*))?\}|([A-Za-z_]\w*))/.exec(
      this.line.slice(at, at + LONGEST_VARIABLE),
    );
    if (!match) {
      this.text += '$';
      return 1;
    }
    const name = (match[1] ?? match[3])!;
    const value = this.environment.get(name) ?? match[2];
    if (value === undefined) this.lexed.unknownVariables.push(name);
    this.text += value ?? match[0];
    return match[0].length;
  }
}

const ESCAPED: Record<string, string | undefined> = { n: '\n', r: '\r', t: '\t' };
const LONGEST_VARIABLE = 500;
const BLANK = /[ \t\r\f\v]/;
