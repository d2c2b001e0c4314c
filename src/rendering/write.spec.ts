import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { replaceFile, writeRendered } from './write.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'write-'));
});

afterEach(() => rm(folder, { recursive: true }));

async function filesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)))
    .filter((file) => file !== '.ha-demo-rendered')
    .toSorted();
}

async function put(path: string, content = 'content'): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), content);
}

const FILES = new Map([
  ['nodes/web-01/haproxy.cfg', 'one'],
  ['nodes/web-02/haproxy.cfg', 'two'],
  ['gateway/haproxy.cfg', 'three'],
]);

describe('writeRendered', () => {
  it.each<[string, (path: string) => string]>([
    ['an absolute path', (path) => path],
    ['a trailing slash', (path) => `${path}/`],
    ['a relative path', (path) => `./${relative('.', path)}`],
  ])('writes all files into a new folder: %s', async (_what, spelling) => {
    await writeRendered(spelling(join(folder, 'new')), FILES);
    expect(await filesIn(join(folder, 'new'))).toEqual([...FILES.keys()].toSorted());
    expect(await readFile(join(folder, 'new', 'nodes/web-02/haproxy.cfg'), 'utf8')).toBe('two');
  });

  it('removes what is left of nodes that are no more, and of an interrupted write', async () => {
    await writeRendered(folder, new Map([...FILES, ['nodes/web-03/haproxy.cfg', 'x'], ['hosts/web-03/hosts', 'x']]));
    await put('nodes/web-03/haproxy.cfg.new');
    await put('nodes/web-01/haproxy.cfg.new');
    await writeRendered(folder, FILES);
    expect(await filesIn(folder)).toEqual([...FILES.keys()].toSorted());
  });

  it('leaves alone what is not its own, since the user may name any folder', async () => {
    const others = ['notes.txt', 'systemd/system/sshd.service', 'nodes.txt', 'nodes/mine/notes.txt'];
    await writeRendered(folder, FILES);
    for (const path of others) await put(path);
    await writeRendered(folder, FILES);
    expect(await filesIn(folder)).toEqual([...FILES.keys(), ...others].toSorted());
  });

  it('replaces what differs and does not touch what is equal', async () => {
    await writeRendered(folder, FILES);
    const longAgo = new Date('2001-01-01T00:00:00Z');
    for (const path of FILES.keys()) await utimes(join(folder, path), longAgo, longAgo);
    await writeRendered(folder, new Map([...FILES, ['nodes/web-01/haproxy.cfg', 'changed']]));
    const touched: string[] = [];
    for (const path of FILES.keys()) {
      if ((await stat(join(folder, path))).mtimeMs !== longAgo.getTime()) touched.push(path);
    }
    expect(touched).toEqual(['nodes/web-01/haproxy.cfg']);
    expect(await readFile(join(folder, 'nodes/web-01/haproxy.cfg'), 'utf8')).toBe('changed');
  });
});

describe('replaceFile', () => {
  it('says whether there was anything to do', async () => {
    const path = join(folder, 'a', 'b', 'file');
    expect(await replaceFile(path, 'one')).toBe(true);
    expect(await replaceFile(path, 'one')).toBe(false);
    expect(await replaceFile(path, 'two')).toBe(true);
    expect(await readFile(path, 'utf8')).toBe('two');
  });

  it('puts a whole new file in place of the old one, so that a reader has either', async () => {
    const path = join(folder, 'file');
    await replaceFile(path, 'the old content');
    await using reader = await open(path);
    await replaceFile(path, 'new');
    expect(await reader.readFile('utf8')).toBe('the old content');
    expect(await filesIn(folder)).toEqual(['file']);
  });
});
