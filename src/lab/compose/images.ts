import { createHash } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { glob, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type Docker from 'dockerode';
import { runLogged } from '../../common/run.js';
import type { Step } from '../step.js';

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

  private async areCurrent(): Promise<boolean> {
    const digest = await this.digestOfSources();
    const labels = await Promise.all(IMAGES.map((image) => this.sourcesOf(image)));
    return labels.every((label) => label === digest);
  }

  /** Builds them where their sources have changed. @throws CommandFailedError */
  async provide(step: Step): Promise<void> {
    if (await this.areCurrent()) return;
    const log = join(this.folder, '.ha-demo', 'logs', 'build.log');
    await step('Build the images', async () => buildImages(this.folder, await this.digestOfSources(), log));
  }

  /**
   * Writes the files of each image to `{folder}/{name}.tar.gz`, and the image's id to `{folder}/{name}.id`. What is there
   * of the same image stays.
   * @returns name -> id
   */
  async save(folder: string, step: Step): Promise<Record<string, string>> {
    const ids = Object.fromEntries(
      await Promise.all(
        IMAGES.map(async (image) => [basename(image), (await this.engine.getImage(image).inspect()).Id] as const),
      ),
    );
    const missing: string[] = [];
    for (const image of IMAGES) if (!(await isSaved(folder, basename(image), ids))) missing.push(image);
    if (missing.length === 0) return ids;
    await mkdir(folder, { recursive: true });
    await step('Save the images', () => Promise.all(missing.map((image) => this.saveFiles(image, folder, ids))));
    return ids;
  }

  private async saveFiles(image: string, folder: string, ids: Record<string, string>): Promise<void> {
    const path = join(folder, basename(image));
    const archive = `${path}.tar.gz`;
    await rm(`${path}.id`, { force: true });
    const container = await this.engine.createContainer({ Image: image });
    try {
      await pipeline(await container.export(), createGzip(), createWriteStream(`${archive}.new`));
    } finally {
      await container.remove();
    }
    await rename(`${archive}.new`, archive);
    await writeFile(`${path}.id`, `${ids[basename(image)]}\n`);
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

async function isSaved(folder: string, name: string, ids: Record<string, string>): Promise<boolean> {
  const id = await readFile(join(folder, `${name}.id`), 'utf8').catch(() => undefined);
  return id === `${ids[name]}\n` && existsSync(join(folder, `${name}.tar.gz`));
}

/**
 * Builds what the Compose files of the project's folder define, or some of it.
 * @param sources what the images say that they are made of
 * @throws CommandFailedError
 */
export async function buildImages(
  folder: string,
  sources: string,
  log: string,
  { files = [], services = [] }: { files?: string[]; services?: string[] } = {},
): Promise<void> {
  const options = ['--project-directory', folder, ...files.flatMap((file) => ['--file', file])];
  await runLogged('docker', ['compose', ...options, 'build', ...services], {
    log,
    cwd: folder,
    variables: { HA_DEMO_SOURCES: sources },
  });
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
