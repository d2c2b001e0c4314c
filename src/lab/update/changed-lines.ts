import { basename } from 'node:path';
import { MANIFEST_FILE } from '../../node/contract.js';
import type { RenderedFiles } from '../../rendering/render.js';

/**
 * Each file that differs, by its name, and its lines that do: `- before`, `+ after`. Lines that have only moved are none, and
 * manifests are left out, which say nothing of their own.
 */
export function changedLines(before: RenderedFiles, after: RenderedFiles): string[] {
  return [...after].flatMap(([path, content]) => {
    if (basename(path) === MANIFEST_FILE) return [];
    const [was, is] = [before.get(path) ?? '', content].map((text) => text.split('\n'));
    const [gone, come] = [without(was!, is!), without(is!, was!)];
    if (gone.length + come.length === 0) return [];
    return [basename(path), ...gone.map((line) => `- ${line.trim()}`), ...come.map((line) => `+ ${line.trim()}`)];
  });
}

/** What is left of `lines` when each of `others` takes one that is equal. */
function without(lines: string[], others: string[]): string[] {
  const left = [...lines];
  for (const line of others) {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
  }
  return left;
}
