import { posix } from 'node:path';
import type { CheckedNode } from '../check/checked-cluster.js';

const NAMING = new Set(['crt', 'ca-file']);

/**
 * The files of certificates that HAProxy reads on a node and that are not beside its configuration. Of a folder, which a name without an
 * ending is taken for, it is one in it.
 * @param files of the node, by their paths
 */
export function missingCertificates({ haproxy }: CheckedNode, files: ReadonlyMap<string, string>): string[] {
  const lines = haproxy?.tree.sections.flatMap(({ lines: own }) => own) ?? [];
  const words = lines.map((line) => line.words.map(({ text }) => text));
  const base = (keyword: string) => words.findLast(([first]) => first === keyword)?.[1] ?? '/';
  const bases: Record<string, string> = { crt: base('crt-base'), 'ca-file': base('ca-base') };
  const named = words.flatMap((line) =>
    line.flatMap((word, at) => {
      const value = line[at + 1];
      return NAMING.has(word) && value !== undefined && !value.startsWith('@')
        ? [posix.resolve(bases[word]!, value)]
        : [];
    }),
  );
  const known = [...files.keys()];
  return [...new Set(named)]
    .filter((path) => !known.some((file) => file === path || file.startsWith(`${path}/`)))
    .map((path) => (posix.extname(path) === '' ? posix.join(path, 'stand-in.pem') : path));
}
