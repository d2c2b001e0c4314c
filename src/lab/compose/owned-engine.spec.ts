import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { waitUntilNothingIsMissing } from '../../common/wait-until.js';
import { OwnedEngine } from './owned-engine.js';

let folder: string;
let pidFile: string;
let engine: ChildProcess;

/** Known by its name; this one does nothing. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engine-'));
  pidFile = join(folder, 'dockerd.pid');
  await copyFile('/bin/sleep', join(folder, 'dockerd'));
  engine = spawn(join(folder, 'dockerd'), ['60'], { stdio: 'ignore' });
  await once(engine, 'spawn');
});

afterEach(async () => {
  const ended = once(engine, 'exit');
  engine.kill();
  await ended;
  await rm(folder, { recursive: true });
});

it('is one that ./ha-demo has started', async () => {
  await writeFile(pidFile, `${engine.pid}\n`);
  expect(OwnedEngine.find({}, pidFile)).toBeInstanceOf(OwnedEngine);
});

it('is none where ./ha-demo has started none', () => {
  expect(OwnedEngine.find({}, pidFile)).toBeUndefined();
});

it('is none where its id is another process by now', async () => {
  await writeFile(pidFile, `${process.pid}\n`);
  expect(OwnedEngine.find({}, pidFile)).toBeUndefined();
});

it('is none where it has ended and nobody has waited for it', async () => {
  // Its parent becomes another program, which knows of no child.
  const parent = spawn('bash', ['-c', '"$0" 0.1 & echo $!; exec sleep 60', join(folder, 'dockerd')]);
  const [pid] = (await once(parent.stdout, 'data')) as [Buffer];
  await writeFile(pidFile, pid);
  const missing = async () => (OwnedEngine.find({}, pidFile) ? ['it counts as running'] : []);
  await waitUntilNothingIsMissing('the end of the engine', missing, { deadlineMs: 5_000 });
  parent.kill();
});

it('is none where another engine is asked', async () => {
  await writeFile(pidFile, `${engine.pid}\n`);
  expect(OwnedEngine.find({ dockerHost: 'tcp://127.0.0.1:2375' }, pidFile)).toBeUndefined();
});
