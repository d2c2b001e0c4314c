import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { RenderedFiles } from './render.js';

/**
 * Writes these files and removes what is left of nodes that are no more. Whatever else `folder` holds stays: it may be
 * any folder that the user names. Each file is replaced as a whole, so that no reader sees half of one, and only if it
 * differs.
 */
export async function writeRendered(folder: string, files: RenderedFiles): Promise<void> {
  for (const [path, content] of files) await replaceFile(join(folder, path), content);
  for (const entry of await readdir(join(folder, 'nodes'), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !files.has(relative(folder, path))) await rm(path);
  }
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
