import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createProgram } from '../cli/program.js';
import { tooLong } from './lengths.js';
import { brokenLinks } from './links.js';
import { type Page, pages } from './pages.js';
import { shownBlocks } from './shown-blocks.js';
import { refusedCommands } from './shown-commands.js';

/*
 * `npm run docs` writes what is generated in the documentation. With `--check` it writes nothing and looks for what is wrong with it. With
 * `--run` it runs the commands that the README and the pages of docs/ show, on the lab of the project's folder, which has to be up. Both end
 * with 1 when something is wrong.
 */

const folder = join(import.meta.dirname, '..', '..');
const mode = process.argv[2];
const all = await pages(folder);

if (mode === '--run') process.exitCode = run();
else if (mode === '--check') process.exitCode = check();
else await write();

async function write(): Promise<void> {
  for (const { path, before, after } of all) {
    if (before === after) continue;
    await writeFile(join(folder, path), after);
    console.log(path);
  }
}

function check(): number {
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

/** The README comes last: it ends with `down`. */
function run(): number {
  const isShown = ({ path }: Page) => path.startsWith('docs/') && !path.startsWith('docs/adr/');
  for (const { path, before } of [...all.filter(isShown), ...all.filter(({ path }) => path === 'README.md')]) {
    for (const { script, notRun } of shownBlocks(before)) {
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
