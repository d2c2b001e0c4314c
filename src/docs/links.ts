import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import GithubSlugger from 'github-slugger';
import { lexer, type Token, type Tokens, walkTokens } from 'marked';

/** A Markdown file, by its path in the project. */
export interface Text {
  path: string;
  text: string;
}

/** Every part of a text, those within others too. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  void walkTokens(lexer(text), (token) => {
    tokens.push(token);
  });
  return tokens;
}

/**
 * Links and pictures within the project that lead nowhere: to no file, or to no heading.
 * @param folder the project's
 * @returns a line each, such as `docs/index.md: a link to lab.md#loook, which is not there`
 */
export function brokenLinks(texts: Text[], folder: string): string[] {
  const anchors = new Map(texts.map(({ path, text }) => [path, anchorsOf(text)]));
  const isThere = (file: string, anchor: string | undefined) =>
    existsSync(join(folder, file)) && (anchor === undefined || anchors.get(file)?.has(anchor) === true);
  return texts.flatMap(({ path, text }) =>
    targetsOf(text)
      .filter((href) => {
        const [file, anchor] = href.split('#');
        return !isThere(file === '' ? path : join(dirname(path), file!), anchor);
      })
      .map((href) => `${path}: a link to ${href}, which is not there`),
  );
}

function targetsOf(text: string): string[] {
  return tokensOf(text)
    .filter((token): token is Tokens.Link | Tokens.Image => token.type === 'link' || token.type === 'image')
    .map(({ href }) => href)
    .filter((href) => !/^[a-z]+:/.test(href));
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): Set<string> {
  const slugger = new GithubSlugger();
  const headings = tokensOf(text).filter((token): token is Tokens.Heading => token.type === 'heading');
  return new Set(headings.map(({ tokens }) => slugger.slug(tokens.map(plainText).join(''))));
}

function plainText(token: Token): string {
  const { tokens, text } = token as Partial<Tokens.Text>;
  return tokens ? tokens.map(plainText).join('') : (text ?? '');
}
