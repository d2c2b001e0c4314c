import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { InvalidInputError } from '../../common/errors.js';
import { buildImages, inspected } from './images.js';
import { PROJECT_LABEL } from './node-containers.js';
import { docker } from './docker-command.js';
import { HARDENED } from './side-containers.js';

/** The images of another commit of the project, beside those that labs are started from, and what its renderer makes. */
export class CommitImages {
  readonly service: string;
  readonly haproxy: string;

  /** @param commit the tag */
  constructor(
    private readonly engine: Docker,
    private readonly commit: string,
  ) {
    this.service = `ha-demo/service:${commit}`;
    this.haproxy = `ha-demo/haproxy:${commit}`;
  }

  async areThere(): Promise<boolean> {
    const images = [this.service, this.haproxy].map((image) => inspected(this.engine.getImage(image)));
    return (await Promise.all(images)).every((image) => image !== undefined);
  }

  /**
   * By its own Compose file, which says what images are built with; the tags alone are others.
   * @param sources the commit's files
   * @throws CommandFailedError
   */
  async build(sources: string, log: string): Promise<void> {
    const services = { config: { image: this.service }, gateway: { image: this.haproxy } };
    const tags = join(sources, 'compose', 'tags.json');
    await writeFile(tags, JSON.stringify({ services }));
    await buildImages(sources, this.commit, log, {
      files: [join(sources, 'compose', 'topology.yaml'), tags],
      services: Object.keys(services),
    });
  }

  /**
   * Renders what the nodes of a lab read, and has it checked by the HAProxy that it is for.
   * @param lab its name
   * @throws InvalidInputError with what the commit refuses
   */
  async render(lab: string, from: { clusterFile: string; templatesFolder: string }, folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    const run = ['run', '--rm', '--label', `${PROJECT_LABEL}=${lab}`, '--network', 'none', ...HARDENED];
    const input = [`${from.clusterFile}:/input/cluster.yaml:ro`, `${from.templatesFolder}:/input/config-templates:ro`];
    await this.unlessRefused(
      // Whose the folder is.
      ...[...run, '--user', `${process.getuid!()}:${process.getgid!()}`],
      ...[...input, `${folder}:/etc/ha-demo`].flatMap((volume) => ['--volume', volume]),
      ...[this.service, 'node', 'dist/rendering/main.js', '--cluster=/input/cluster.yaml'],
      ...['--templates=/input/config-templates', '--out=/etc/ha-demo'],
    );
    await this.unlessRefused(
      ...[...run, '--tmpfs', '/tmp', '--volume', `${folder}:/etc/ha-demo:ro`],
      ...['--entrypoint', 'validate', this.haproxy],
    );
  }

  private async unlessRefused(...args: string[]): Promise<void> {
    try {
      await docker(args);
    } catch (error) {
      const said = (error as { stderr?: string }).stderr?.trim().split('\n')[0];
      throw new InvalidInputError(`${this.commit} refuses the lab's cluster.yaml: ${said || (error as Error).message}`);
    }
  }
}
