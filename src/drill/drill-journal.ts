import { readFileSync } from 'node:fs';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InvalidInputError } from '../common/errors.js';
import { Journal } from '../common/journal.js';
import type { FaultPlace } from './fault.js';

/** What has been broken, and is not mended yet. */
export interface JournalEntry {
  /** At the same time; at least one. */
  faults: (FaultPlace & { fault: string })[];
  /** ISO 8601, UTC. */
  startedAt: string;
  /** Of the drill, which mends it as long as it runs. */
  processId: number;
  /** See `startOf`. */
  processStart: string;
}

/** Whether the drill runs that has written this; then nobody else has to mend what it broke. */
export function isAtWork({ processId, processStart }: JournalEntry): boolean {
  try {
    process.kill(processId, 0);
  } catch (error) {
    // EPERM: it runs, and is another user's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const start = startOf(processId);
  // Where it cannot be read, the id is all that is known.
  return start === '' || start === processStart;
}

/**
 * What tells a process from a later one with the same id: the boot, and when in it the process started.
 * @returns empty where /proc does not say so: there is none, or it hides other users' processes
 */
export function startOf(processId: number): string {
  try {
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // Field 22, counted from behind the command's name, which may hold spaces and brackets (proc_pid_stat(5)).
    const fields = readFileSync(`/proc/${processId}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return `${bootId} ${fields[22 - 3]}`;
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}

/** Such as `hang-app on backend-01 and kill-haproxy on frontend-02`. */
export function brokenIn({ faults }: JournalEntry): string {
  return faults.map(({ fault, node }) => `${fault} on ${node}`).join(' and ');
}

/** The part of an entry that says who mends what is broken. */
export function thisProcess(): Pick<JournalEntry, 'processId' | 'processStart'> {
  return { processId: process.pid, processStart: startOf(process.pid) };
}

/**
 * Written before anything is broken, so that `ha-demo heal` can mend what an interrupted drill has left. One thing is broken at a time,
 * whoever does it.
 */
export class DrillJournal extends Journal<JournalEntry> {
  constructor(private readonly path: string) {
    super(path);
  }

  /** @throws InvalidInputError when something is broken already: the entry that says so must not be lost */
  override async write(entry: JournalEntry): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    const own = `${this.path}.${process.pid}`;
    try {
      await writeFile(own, `${JSON.stringify(entry)}\n`);
      await link(own, this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const left = await this.read();
      throw new InvalidInputError(
        `${left ? brokenIn(left) : 'something'} is broken already, and has to be healed first`,
      );
    } finally {
      await rm(own, { force: true });
    }
  }
}
