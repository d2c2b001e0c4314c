import { readFile, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createProgram } from '../cli/program.js';
import { tooLong } from './lengths.js';
import { brokenLinks } from './links.js';
import { type Page, pages } from './pages.js';
import { shownBlocks } from './shown-blocks.js';
import { refusedCommands } from './shown-commands.js';

/*
 * `npm run docs` writes what is generated in the documentation. With `--check` it writes nothing and looks for what is wrong with it; with
 * `--run` it runs the commands of the pages that follow, in the project's folder. Both end with 1 when something is wrong.
 */

const folder = join(import.meta.dirname, '..', '..');
const [mode, ...paths] = process.argv.slice(2);

if (mode === '--run') process.exitCode = await run(paths);
else if (mode === '--check') process.exitCode = check(await pages(folder));
else await write(await pages(folder));

async function write(all: Page[]): Promise<void> {
  for (const { path, before, after } of all) {
    if (before === after) continue;
    await writeFile(join(folder, path), after);
    console.log(path);
  }
}

function check(all: Page[]): number {
  const texts = all.map(({ path, before }) => ({ path, text: before }));
  // A decision keeps the words of its time.
  const today = texts.filter(({ path }) => !path.startsWith('docs/adr/'));
  const problems = [
    ...all
      .filter(({ before, after }) => before !== after)
      .map(({ path }) => `${path}: not as \`npm run docs\` writes it`),
    ...brokenLinks(texts, folder),
    ...refusedCommands(today, () => createProgram({}).program),
    ...tooLong(texts),
  ];
  for (const problem of problems) console.error(problem);
  return problems.length > 0 ? 1 : 0;
}

async function run(wanted: string[]): Promise<number> {
  for (const path of wanted) {
    for (const { script, notRun } of shownBlocks(await readFile(join(folder, path), 'utf8'))) {
      console.log(`\n-- ${path}${notRun === undefined ? '' : `, not run: ${notRun}`}\n${script}`);
      if (notRun !== undefined) continue;
      const { status } = spawnSync('bash', ['-ec', script], { cwd: folder, stdio: 'inherit' });
      if (status !== 0) {
        console.error(`${path}: ended with ${status}`);
        return 1;
      }
    }
  }
  return 0;
}
