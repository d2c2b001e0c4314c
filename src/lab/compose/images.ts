import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type Docker from 'dockerode';
import { runLogged } from '../../common/run.js';

export const IMAGES = ['ha-demo/service', 'ha-demo/haproxy', 'ha-demo/keepalived'];

const SOURCES_LABEL = 'ha-demo.sources';
const SOURCES = [
  'package.json',
  'package-lock.json',
  'tsconfig*.json',
  'nest-cli.json',
  '.dockerignore',
  'docker/{service,haproxy,keepalived,node}/**/*',
  'src/**/*',
];

/** The project's images and whether they are made of the sources of today. */
export class Images {
  constructor(
    private readonly engine: Docker,
    /** The project's folder, with docker/ and src/. */
    private readonly folder: string,
  ) {}

  async areCurrent(): Promise<boolean> {
    const digest = await this.digestOfSources();
    const labels = await Promise.all(IMAGES.map((image) => this.sourcesOf(image)));
    return labels.every((label) => label === digest);
  }

  /** Builds what has changed. @throws CommandFailedError */
  async build(log: string): Promise<void> {
    const env = { ...process.env, HA_DEMO_SOURCES: await this.digestOfSources() };
    await runLogged('docker', ['compose', '--project-directory', this.folder, 'build'], { log, cwd: this.folder, env });
  }

  /**
   * Writes the images as `docker load` reads them, compressed, and `{archive}.sha256` beside it.
   * @returns false when the archive holds these very images already
   * @throws CommandFailedError
   */
  async save(archive: string, log: string): Promise<boolean> {
    const ids = await Promise.all(IMAGES.map(async (image) => (await this.engine.getImage(image).inspect()).Id));
    const content = `${ids.join('\n')}\n`;
    const previous = await readFile(`${archive}.images`, 'utf8').catch(() => undefined);
    if (previous === content && existsSync(archive)) return false;
    await mkdir(dirname(archive), { recursive: true });
    await rm(`${archive}.images`, { force: true });
    // gzip, because every engine and every host can read it.
    const script = 'docker save "${@:2}" | gzip -6 >"$1.new" && sha256sum <"$1.new" >"$1.sha256" && mv "$1.new" "$1"';
    const args = ['-o', 'pipefail', '-c', script, 'bash', archive, ...IMAGES];
    await runLogged('bash', args, { log, cwd: this.folder });
    await writeFile(`${archive}.images`, content);
    return true;
  }

  private async sourcesOf(image: string): Promise<string | undefined> {
    return (await inspected(this.engine.getImage(image)))?.Config.Labels?.[SOURCES_LABEL];
  }

  private async digestOfSources(): Promise<string> {
    const hash = createHash('sha256');
    const files = (await Array.fromAsync(glob(SOURCES, { cwd: this.folder, withFileTypes: true })))
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    for (const file of files)
      hash
        .update(file.slice(this.folder.length))
        .update('\0')
        .update(await readFile(file))
        .update('\0');
    return hash.digest('hex').slice(0, 16);
  }
}

/** @returns undefined when there is no such image */
export async function inspected(image: Docker.Image): Promise<Docker.ImageInspectInfo | undefined> {
  try {
    return await image.inspect();
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}
