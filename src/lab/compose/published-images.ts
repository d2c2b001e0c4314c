import { join } from 'node:path';
import type Docker from 'dockerode';
import { runLogged } from '../../common/run.js';
import { IMAGES, inspected } from './images.js';

const UPGRADE_LABEL = 'ha-demo.upgrade';
/** The tag that keeps the images from before. */
const BEFORE = 'before-upgrade';

/** The images that services are started from, and others of the same content that take their place for a while. */
export class PublishedImages {
  constructor(
    private readonly engine: Docker,
    private readonly stateFolder: string,
  ) {}

  /** Each one as a new image, which differs by a label. */
  async publish(): Promise<void> {
    for (const image of IMAGES) {
      const { Config } = await this.engine.getImage(image).inspect();
      if (Config.Labels?.[UPGRADE_LABEL] !== undefined) continue;
      await this.engine.getImage(image).tag({ repo: image, tag: BEFORE });
      await runLogged('docker', ['build', '--tag', image, '--label', `${UPGRADE_LABEL}=next`, '-'], {
        log: join(this.stateFolder, 'logs', 'upgrade.log'),
        cwd: this.stateFolder,
        input: `FROM ${image}:${BEFORE}\n`,
      });
    }
  }

  async withdraw(): Promise<void> {
    for (const image of IMAGES) {
      const before = this.engine.getImage(`${image}:${BEFORE}`);
      if (!(await inspected(before))) continue;
      await before.tag({ repo: image, tag: 'latest' });
      await before.remove();
    }
  }
}
