import { createReadStream, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SERVICE_NAMES, type ServiceName } from '../../node/contract.js';
import type { RenderedFiles } from '../../rendering/render.js';
import { asRoot, type Remote } from '../remote.js';

/** Also from dist/, which is as deep. */
const SCRIPT = readFileSync(fileURLToPath(new URL('../../../hosts/deploy.sh', import.meta.url)), 'utf8');

/** Of a host, for the files of images. */
export const IMAGES_FOLDER = '/var/lib/ha-demo/images';

/** What there is on a host, as hosts/deploy.sh tells it. */
export interface HostState {
  /** Whether it has a configuration of this node. */
  isNode: boolean;
  /** What is rendered for a file of the system, path as it is rendered, and is not what is there. */
  differing: string[];
  /** Name -> id of the images in use, and NAME.new and NAME.old of those beside them. */
  images: Map<string, string>;
  /** When what a service is started with was installed, in ms since 1970; 0 where it never was. */
  definedAtMs: Record<ServiceName, number>;
}

/** What may keep a host from being a node, as hosts/deploy.sh tells it. */
export interface HostFacts {
  /** Programs that are not installed; `systemd` where it is not what runs the host. */
  lacks: string[];
  /** Units of the names that are needed, which somebody else has installed. */
  foreignUnits: string[];
  freeMb: number;
  /** Where there is SELinux. */
  selinux?: string;
  isNode: boolean;
  /** Nodes that it has been made under other names. */
  otherNodes: string[];
}

/** What the updater does on a host: hosts/deploy.sh, which it takes along. */
export class HostScript {
  constructor(
    private readonly node: string,
    private readonly remote: Remote,
  ) {}

  async state(): Promise<HostState> {
    return machineStateIn(await this.call(['state']));
  }

  /** @param files of this node */
  async install(files: RenderedFiles): Promise<void> {
    const lines = [...files].map(([path, content]) => `${path} ${Buffer.from(content).toString('base64')}\n`);
    await this.call(['install'], lines.join(''));
  }

  /** @param archive of the image's files, on this host */
  async unpack(image: string, id: string, archive: string): Promise<void> {
    await this.call(['unpack', image, id], createReadStream(archive));
  }

  /** @throws Error when the image has not been unpacked, and is not the previous one */
  async use(image: string, id: string): Promise<void> {
    await this.call(['use', image, id]);
  }

  async tidy(): Promise<void> {
    await this.call(['tidy']);
  }

  async remove(): Promise<void> {
    await this.call(['remove']);
  }

  /** Removes all that has been installed on the host but its packages. */
  async purge(): Promise<void> {
    await this.call(['purge']);
  }

  async facts(): Promise<HostFacts> {
    const lines = (await this.call(['facts'])).split('\n').map((line) => line.split(' '));
    const of = (kind: string) => lines.filter(([first]) => first === kind).map(([, value = '']) => value);
    const [selinux] = of('selinux');
    return {
      lacks: of('lacks'),
      foreignUnits: of('foreign'),
      freeMb: Number(of('room')[0]),
      ...(selinux !== undefined && { selinux }),
      isNode: of('node').length > 0,
      otherNodes: of('other'),
    };
  }

  private call(command: string[], input?: NodeJS.ReadableStream | string): Promise<string> {
    return this.remote.run(asRoot(['bash', '-c', SCRIPT, 'deploy.sh', this.node, ...command]), input);
  }
}

function machineStateIn(output: string): HostState {
  const lines = output.split('\n').map((line) => line.split(' '));
  const of = (kind: string) => lines.filter(([first]) => first === kind).map(([, ...rest]) => rest);
  const defined = new Map(of('defined').map(([service, ms]) => [service, Number(ms)]));
  return {
    isNode: of('manifest').length > 0,
    differing: of('differs').map(([file = '']) => file),
    images: new Map(of('image').map(([name = '', id = '']) => [name, id])),
    definedAtMs: Object.fromEntries(
      SERVICE_NAMES.map((service) => [service, defined.get(service) ?? 0]),
    ) as HostState['definedAtMs'],
  };
}
