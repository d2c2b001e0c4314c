import { lexer, type Tokens } from 'marked';

/** A block of commands in a page, and whether it can be run as it stands. */
export interface ShownBlock {
  /** A script for bash. */
  script: string;
  /** Why it is not run: from `<!-- not run: ... -->` above it. */
  notRun?: string;
}

const REMARK = /<!-- (not run|run for): (.*?) -->/s;

/**
 * The shell blocks of a page, in order. A remark above a block says `not run: because`, or `run for: 5 s` where the command does not
 * end by itself. The page's own clone is the one that runs it.
 */
export function shownBlocks(text: string): ShownBlock[] {
  const tokens = lexer(text).filter(({ type }) => type !== 'space');
  return tokens.flatMap((token, index): ShownBlock[] => {
    if (token.type !== 'code' || (token as Tokens.Code).lang !== 'sh') return [];
    const before = tokens[index - 1];
    const [, kind, said = ''] = (before?.type === 'html' && REMARK.exec((before as Tokens.HTML).text)) || [];
    const script = (token as Tokens.Code).text
      .split('\n')
      .filter((line) => !line.startsWith('git clone <this repository>'))
      .map(runnable)
      .join('\n');
    if (kind === 'not run') return [{ script, notRun: said }];
    return [{ script: kind === 'run for' ? limited(script, said) : script }];
  });
}

/** What a drill measures on a busy machine, or that something is broken, is no matter of the documentation: 2 is what is not usable. */
function runnable(line: string): string {
  return /^\.\/ha-demo (drill|status)\b/.test(line) ? `${line} || [ $? -ne 2 ]` : line;
}

/** As somebody does it: with Ctrl-C. */
function limited(script: string, duration: string): string {
  return script.replaceAll(/^(?=\S)/gm, `timeout --preserve-status --signal INT ${duration.replace(' ', '')} `);
}
