import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { TierName } from '../cluster/cluster-file.js';

/** What has been broken, and is not mended yet. */
export interface JournalEntry {
  fault: string;
  tier: TierName;
  node: string;
  /** ISO 8601, UTC. */
  startedAt: string;
  /** Of the drill, which mends it as long as it runs. */
  processId: number;
}

/** Whether the drill runs that has written this; then nobody else has to mend what it broke. */
export function isAtWork({ processId }: JournalEntry): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}

/** Written before anything is broken, so that `ha-demo heal` can mend what an interrupted drill has left. */
export class DrillJournal {
  constructor(private readonly file: string) {}

  async write(entry: JournalEntry): Promise<void> {
    await mkdir(dirname(this.file), { recursive: true });
    await writeFile(`${this.file}.new`, `${JSON.stringify(entry)}\n`);
    await rename(`${this.file}.new`, this.file);
  }

  /** @returns undefined when there is nothing to mend */
  async read(): Promise<JournalEntry | undefined> {
    try {
      return JSON.parse(await readFile(this.file, 'utf8')) as JournalEntry;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async clear(): Promise<void> {
    await rm(this.file, { force: true });
  }
}
