import { createHash } from 'node:crypto';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
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

  private async sourcesOf(image: string): Promise<string | undefined> {
    try {
      return (await this.engine.getImage(image).inspect()).Config.Labels?.[SOURCES_LABEL];
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 404) return undefined;
      throw error;
    }
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
