import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { createProgram } from '../cli/program.js';
import { commandsPage } from './commands-page.js';
import { resultsBlocks } from './results.js';
import { rulesPage } from './rules-page.js';

/** From the mark of what is generated to that of its end: the name, and what stands there. */
const BLOCK = /(<!-- generated: ([\w-]+) -->\n)[\s\S]*?(<!-- end -->)/g;

/** A page as it is to be. */
export interface Page {
  path: string;
  /** As it is. */
  before: string;
  after: string;
}

/**
 * Every Markdown file, with what is generated in it made anew.
 * @param folder the project's
 * @throws Error for a block that nobody knows
 */
export async function pages(folder: string): Promise<Page[]> {
  const blocks = await resultsBlocks(folder);
  blocks.set('commands', commandsPage(createProgram({}).program)).set('check-rules', rulesPage());
  const paths = await Array.fromAsync(glob('{*.md,docs/**/*.md}', { cwd: folder }));
  return Promise.all(
    paths.toSorted().map(async (path) => {
      const file = join(folder, path);
      const before = await readFile(file, 'utf8');
      const filled = before.replaceAll(BLOCK, (_all, mark: string, name: string, end: string) => {
        const text = blocks.get(name);
        if (text === undefined) throw new Error(`${path}: ${name} must be one of ${[...blocks.keys()].join(', ')}`);
        return `${mark}\n${text.trim()}\n\n${end}`;
      });
      const after = await format(filled, { ...(await resolveConfig(file)), parser: 'markdown' });
      return { path, before, after };
    }),
  );
}
