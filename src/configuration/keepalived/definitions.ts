/** What `$NAME=value` lines have said so far, and keepalived's own definitions (keepalived.conf(5), "Configuration parser"). */
export class Definitions {
  private readonly values = new Map<string, string[]>([
    ['_HASH', ['#']],
    ['_BANG', ['!']],
  ]);

  /** @param lines one, or several of a definition whose lines ended with a backslash */
  set(name: string, lines: string[]): void {
    this.values.set(name, lines);
  }

  /**
   * Replaces `$NAME` and `${NAME}`, again in what they stand for, too.
   * @returns the lines that the line stands for, undefined when they are too many or too long, as of a definition that stands for
   * itself; and names of keepalived's whose value only a running keepalived knows
   */
  expand(line: string): { lines: string[] | undefined; unknown: string[] } {
    let lines = [line];
    for (let depth = 0; lines.some((text) => this.isExpandable(text)); depth++) {
      lines = lines.flatMap((text) => this.expandOnce(text));
      const length = lines.reduce((sum, text) => sum + text.length, 0);
      if (depth > DEEPEST || length > line.length + LONGEST_EXPANSION) return { lines: undefined, unknown: [] };
    }
    const unknown = lines.flatMap((text) => [...text.matchAll(RUN_TIME_NAMES)].map(([, name]) => name!));
    return { lines, unknown: [...new Set(unknown)] };
  }

  private isExpandable(text: string): boolean {
    return [...text.matchAll(REFERENCES)].some(([, braced, plain]) => this.values.has((braced ?? plain)!));
  }

  private expandOnce(text: string): string[] {
    const match = [...text.matchAll(REFERENCES)].find(([, braced, plain]) => this.values.has((braced ?? plain)!));
    if (!match) return [text];
    const [reference, braced, plain] = match;
    const lines = this.values.get((braced ?? plain)!)!;
    const [before, after] = [text.slice(0, match.index), text.slice(match.index + reference.length)];
    if (lines.length === 1) return [`${before}${lines[0]}${after}`];
    return [`${before}${lines[0]}`, ...lines.slice(1, -1), `${lines.at(-1)}${after}`];
  }
}

/** More than anybody writes, and little enough to be read at once. */
const [DEEPEST, LONGEST_EXPANSION] = [100, 20_000];

/** Plain names end at a blank, a comma, a parenthesis or the end of the line. */
const REFERENCES = /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*)(?=[ \t,)]|$))/g;

const RUN_TIME_NAMES = /\$\{?(_PWD|_INSTANCE|_RANDOM|_ENV)\b/g;
