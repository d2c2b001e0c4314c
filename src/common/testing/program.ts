import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const BUNDLE = new URL('./bundle.js', import.meta.url).pathname;

/** A program that a spec starts as a process. */
export class Program {
  private constructor(
    private readonly folder: string,
    /** For `node`. */
    readonly file: string,
  ) {}

  /**
   * @param main its main.ts
   * @param beside files that it reads from beside itself
   */
  static async of(main: string, beside: string[] = []): Promise<Program> {
    const folder = await mkdtemp(join(tmpdir(), 'program-'));
    const file = join(folder, 'main.mjs');
    await promisify(execFile)(process.execPath, ['--no-warnings', BUNDLE, main, file]);
    for (const path of beside) await copyFile(path, join(folder, basename(path)));
    return new Program(folder, file);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}
