import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { brokenIn, DrillJournal, isAtWork, type JournalEntry, startOf, thisProcess } from './drill-journal.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-'));
});
afterEach(() => rm(folder, { recursive: true }));

const ENTRY: JournalEntry = {
  faults: [{ fault: 'kill-app', tier: 'backend', node: 'backend-01' }],
  startedAt: '2026-01-01T00:00:00.000Z',
  ...thisProcess(),
};

it('has what was written, for another process too, until it is cleared', async () => {
  const file = join(folder, 'state', 'drill.json');
  expect(await new DrillJournal(file).read()).toBeUndefined();
  await new DrillJournal(file).write(ENTRY);
  expect(await new DrillJournal(file).read()).toEqual(ENTRY);
  expect(await readdir(join(folder, 'state'))).toEqual(['drill.json']);
  await new DrillJournal(file).clear();
  await new DrillJournal(file).clear();
  expect(await new DrillJournal(file).read()).toBeUndefined();
});

it('does not lose what is broken already for what shall be broken next', async () => {
  const file = join(folder, 'drill.json');
  await new DrillJournal(file).write(ENTRY);
  const next = { ...ENTRY, faults: [{ fault: 'hang-app', tier: 'backend', node: 'backend-02' }] as const };
  await expect(new DrillJournal(file).write({ ...next, faults: [...next.faults] })).rejects.toThrow(
    'kill-app on backend-01 is broken already, and has to be healed first',
  );
  expect(await new DrillJournal(file).read()).toEqual(ENTRY);
  expect(await readdir(folder)).toEqual(['drill.json']);
});

it('names all that is broken at the same time', () => {
  const other = { fault: 'hang-haproxy', tier: 'frontend', node: 'frontend-02' } as const;
  expect(brokenIn(ENTRY)).toBe('kill-app on backend-01');
  expect(brokenIn({ ...ENTRY, faults: [...ENTRY.faults, other] })).toBe(
    'kill-app on backend-01 and hang-haproxy on frontend-02',
  );
});

it('does not take a file that it cannot read for nothing', async () => {
  const file = join(folder, 'drill.json');
  await writeFile(file, '{"fault":');
  await expect(new DrillJournal(file).read()).rejects.toThrow();
});

it('is of a drill at work for as long as its process runs', async () => {
  const drill = spawn('sleep', ['60']);
  const entry = { ...ENTRY, processId: drill.pid!, processStart: startOf(drill.pid!) };
  expect(isAtWork(entry)).toBe(true);
  drill.kill('SIGKILL');
  await once(drill, 'exit');
  expect(isAtWork(entry)).toBe(false);
});

it("is of no drill at work when its process id is another process's by now", () => {
  const start = startOf(process.pid);
  expect(start).toMatch(/^[0-9a-f-]{36} \d+$/);
  expect(isAtWork({ ...ENTRY, processStart: start.replace(/\d+$/, (ticks) => String(Number(ticks) - 1)) })).toBe(false);
  expect(isAtWork({ ...ENTRY, processStart: start.replace(/^\S+/, 'another-boot') })).toBe(false);
});

it("is of a drill at work when its process is another user's", async () => {
  const isRoot = process.geteuid!() === 0;
  const drill = isRoot ? spawn('sleep', ['60'], { uid: 12_345 }) : undefined;
  // Without rights over it: a process that root owns, or as root another user's while this one is nobody's.
  const processId = drill?.pid ?? 1;
  if (isRoot) process.seteuid!(65_534);
  try {
    expect(() => process.kill(processId, 0)).toThrow('EPERM');
    expect(isAtWork({ ...ENTRY, processId, processStart: startOf(processId) })).toBe(true);
  } finally {
    if (isRoot) process.seteuid!(0);
    drill?.kill('SIGKILL');
  }
});
