import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { brokenLinks } from './links.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'docs-'));
  await writeFile(join(folder, 'a.md'), '');
});

afterAll(() => rm(folder, { recursive: true }));

const brokenIn = (text: string, other = '') =>
  brokenLinks(
    [
      { path: 'a.md', text: other },
      { path: 'docs/b.md', text },
    ],
    folder,
  );

describe('brokenLinks', () => {
  it('finds files and pictures that are not there', () => {
    expect(brokenIn('[a](../a.md), [c](c.md)\n\n![p](p.png)')).toEqual([
      'docs/b.md: a link to c.md, which is not there',
      'docs/b.md: a link to p.png, which is not there',
    ]);
  });

  it('finds headings that are not there, by the names that GitHub gives them', () => {
    const other = '# What `up` does ...\n\n## Twice\n\n## Twice';
    expect(brokenIn('[1](../a.md#what-up-does-), [2](../a.md#twice-1), [3](../a.md#twice-2)', other)).toEqual([
      'docs/b.md: a link to ../a.md#twice-2, which is not there',
    ]);
  });

  it('leaves alone what is elsewhere, and what is only shown', () => {
    expect(brokenIn('[x](https://example.org/#y), <mailto:a@example.org>\n\n```md\n[c](c.md)\n```')).toEqual([]);
  });
});
