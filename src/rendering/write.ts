import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RenderedFiles } from './render.js';

/** Names what has been written into a folder, a path a line. */
const MANIFEST = '.ha-demo-rendered';

/**
 * Writes these files and removes those of an earlier call that are not among them. Whatever else `folder` holds stays: it may
 * be any folder that the user names. Each file is replaced as a whole, so that no reader sees half of one, and only if it
 * differs.
 */
export async function writeRendered(folder: string, files: RenderedFiles): Promise<void> {
  const manifest = join(folder, MANIFEST);
  const earlier = (await readFile(manifest, 'utf8').catch(unlessMissing)).split('\n').filter(Boolean);
  const gone = earlier.filter((path) => !files.has(path));
  // What an interrupted call has written is its own, too.
  await replaceFile(manifest, lines([...files.keys(), ...gone]));
  for (const [path, content] of files) await replaceFile(join(folder, path), content);
  for (const path of gone) await rm(join(folder, path), { force: true });
  for (const path of earlier) await rm(join(folder, `${path}.new`), { force: true });
  await replaceFile(manifest, lines([...files.keys()]));
}

function lines(paths: string[]): string {
  return paths.map((path) => `${path}\n`).join('');
}

function unlessMissing(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}

/** @returns whether the file had another content before */
export async function replaceFile(path: string, content: string): Promise<boolean> {
  const previous = await readFile(path, 'utf8').catch(() => undefined);
  if (previous === content) return false;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
  return true;
}
