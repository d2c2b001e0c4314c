import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { parseDocument } from 'yaml';
import { InvalidInputError } from '../common/errors.js';

/** Of the project's repository. */
export interface Commit {
  hash: string;
  /** As short as git makes it. */
  name: string;
}

/**
 * @param folder the project's
 * @param text whatever git takes for a commit: a hash, a branch, a tag, HEAD~1
 * @throws InvalidInputError when it is none, or there is no git to ask
 */
export async function commitNamed(folder: string, text: string): Promise<Commit> {
  const resolved = (...options: string[]) =>
    git(folder, 'rev-parse', '--verify', '--quiet', ...options, `${text}^{commit}`);
  try {
    return { hash: await resolved(), name: await resolved('--short') };
  } catch (error) {
    throw new InvalidInputError(
      `--against: ${text}: ${reasonOf(error as NodeJS.ErrnoException & { stderr?: string })}`,
    );
  }
}

/** Puts the files of the commit, and no others, into `target`. */
export async function exportCommit(folder: string, { hash }: Commit, target: string): Promise<void> {
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  const archive = `${target}.tar`;
  await git(folder, 'archive', '--format=tar', `--output=${archive}`, hash);
  await promisify(execFile)('tar', ['-xf', archive, '-C', target]);
  await rm(archive);
}

/** What makes a lab this one and no other. The profiles, which say how it behaves, are not among them. */
const IDENTITY = ['name', 'profile', 'lan', 'ports', 'tiers'];

/** @returns the other cluster.yaml, for the lab of this one */
export function forLabOf(thisYaml: string, otherYaml: string): string {
  const [own, other] = [parseDocument(thisYaml).toJS() as Record<string, unknown>, parseDocument(otherYaml)];
  for (const field of IDENTITY) other.set(field, other.createNode(own[field]));
  return String(other);
}

async function git(folder: string, ...args: string[]): Promise<string> {
  return (await promisify(execFile)('git', ['-C', folder, ...args])).stdout.trim();
}

function reasonOf({ code, stderr = '' }: NodeJS.ErrnoException & { stderr?: string }): string {
  if (code === 'ENOENT') return 'there is no git on this machine, which knows the commits';
  const said = stderr.trim().split('\n')[0];
  return said ? said.replace(/^fatal: /, '') : "is no commit of the project's repository";
}
