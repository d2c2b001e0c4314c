import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Says, in a file, what is to be mended. It is written before anything is touched, so that another process can mend it. */
export class Journal<Entry> {
  constructor(private readonly file: string) {}

  async write(entry: Entry): Promise<void> {
    await mkdir(dirname(this.file), { recursive: true });
    await writeFile(`${this.file}.new`, `${JSON.stringify(entry)}\n`);
    await rename(`${this.file}.new`, this.file);
  }

  /** @returns undefined when there is nothing to mend */
  async read(): Promise<Entry | undefined> {
    try {
      return JSON.parse(await readFile(this.file, 'utf8')) as Entry;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async clear(): Promise<void> {
    await rm(this.file, { force: true });
  }
}
