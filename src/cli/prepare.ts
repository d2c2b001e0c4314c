import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { projectFolder } from './settings.js';

/** A script that prepares the machine has said why it cannot. */
export class NotPreparedError extends Error {
  constructor(readonly exitCode: number) {
    super('the machine is not prepared');
  }
}

/**
 * Finds an engine and base images, or installs and builds them: docker/engine and docker/base-images.
 * @returns what image builds need to know, as variables of the environment
 * @throws NotPreparedError
 */
export async function prepareEngine(): Promise<Record<string, string>> {
  await variablesOf('docker/engine/prepare.sh');
  return variablesOf('docker/base-images/prepare.sh');
}

/**
 * Runs a script of the project that prepares the machine; its steps appear on the terminal.
 * @param path of the script, and what it is given
 * @returns what it prints, NAME=value lines, by name
 * @throws NotPreparedError
 */
export async function variablesOf(path: string, ...words: string[]): Promise<Record<string, string>> {
  const child = spawn(join(projectFolder, path), words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exitCode = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const printed = await text(child.stdout);
  if ((await exitCode) !== 0) throw new NotPreparedError((await exitCode) ?? 1);
  const lines = printed.split('\n').filter(Boolean);
  return Object.fromEntries(lines.map((line) => line.split('=', 2) as [string, string]));
}

/**
 * Waits until no other process has the lock of the project (flock(1), flock(2)).
 * @returns what gives it away; the end of this process does, too
 */
export async function lockProject(): Promise<() => void> {
  const stateFolder = join(projectFolder, '.ha-demo');
  mkdirSync(stateFolder, { recursive: true });
  const lock = openSync(join(stateFolder, 'lock'), 'w');
  if ((await flock(lock, '--nonblock')) !== 0) {
    console.error('  Waiting for another ./ha-demo that prepares this machine or changes the lab');
    await flock(lock);
  }
  return () => closeSync(lock);
}

/** Of what is open here, so that the lock outlives who takes it. @returns the exit code; 0 where there is no flock */
function flock(fd: number, ...options: string[]): Promise<number> {
  const child = spawn('flock', [...options, '3'], { stdio: ['ignore', 'inherit', 'inherit', fd] });
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? resolve(0) : reject(error)));
    child.once('close', (code) => resolve(code ?? 1));
  });
}
