import type { Text } from './links.js';

/** What somebody reads, and not what Markdown draws tables with, is a word. */
const MOST_WORDS: Record<string, number> = {
  'README.md': 1000,
  'docs/drills.md': 1600,
  'docs/vms.md': 900,
  'docs/performance.md': 800,
};

/** Pages that have become longer than they may be; a line each. */
export function tooLong(texts: Text[]): string[] {
  return texts.flatMap(({ path, text }) => {
    const shown = text.replaceAll(/<!--.*?-->/gs, '');
    const words = shown.split(/\s+/).filter((word) => /[a-z0-9]/i.test(word)).length;
    const most = MOST_WORDS[path] ?? Infinity;
    return words > most ? [`${path}: ${words} words, of at most ${most}`] : [];
  });
}
