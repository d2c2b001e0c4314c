import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { InvalidInputError } from '../common/errors.js';
import { commitNamed, exportCommit, forLabOf } from './other-commit.js';

let folder: string;
let repository: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'other-commit-'));
  repository = join(folder, 'repository');
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', repository, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args]);
  execFileSync('git', ['init', '--quiet', repository]);
  for (const content of ['first', 'second']) {
    await writeFile(join(repository, 'file'), content);
    git('add', 'file');
    git('commit', '--quiet', '--message', content);
  }
});

afterAll(() => rm(folder, { recursive: true }));

describe('a commit', () => {
  it('is found by whatever git takes for one, and exported', async () => {
    const commit = await commitNamed(repository, 'HEAD~1');
    expect(commit.hash).toMatch(/^[0-9a-f]{40}$/);
    expect(commit.hash.startsWith(commit.name)).toBe(true);
    const target = join(folder, 'exported');
    await exportCommit(repository, commit, target);
    expect(await readFile(join(target, 'file'), 'utf8')).toBe('first');
  });

  it('that is none is refused', async () => {
    for (const text of ['nothing', '--all', 'HEAD:file', ''])
      await expect(commitNamed(repository, text)).rejects.toThrow(
        new InvalidInputError(`--against: ${text}: is no commit of the project's repository`),
      );
  });

  it('is not looked for where there is no repository', async () => {
    await expect(commitNamed(folder, 'HEAD')).rejects.toThrow(/^--against: HEAD: not a git repository/);
  });
});

describe('forLabOf', () => {
  it('puts what makes the lab into the other file, and leaves the profiles', () => {
    const own =
      'name: own\nprofile: tuned\nlan: { subnet: 10.0.0.0/24 }\nports: { tier: 80 }\ntiers: {}\nprofiles: 1\nnew: 1\n';
    const other =
      '# theirs\nname: theirs\nprofile: classic\nlan: { subnet: 10.1.0.0/24 }\nports: {}\ntiers: {}\nprofiles: 2\n';
    expect(parse(forLabOf(own, other))).toEqual({
      name: 'own',
      profile: 'tuned',
      lan: { subnet: '10.0.0.0/24' },
      ports: { tier: 80 },
      tiers: {},
      profiles: 2,
    });
  });
});
