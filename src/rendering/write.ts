import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RenderedFiles } from './render.js';

/**
 * Makes `folder` hold these files and no others. Each file is replaced as a whole, so that no reader sees half of one,
 * and only if it differs.
 */
export async function writeRendered(folder: string, files: RenderedFiles): Promise<void> {
  for (const [path, content] of files) await replaceFile(join(folder, path), content);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !files.has(path.slice(folder.length + 1))) await rm(path);
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
