import { createReadStream, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SERVICE_NAMES, type ServiceName } from '../../node/contract.js';
import type { RenderedFiles } from '../../rendering/render.js';
import { asRoot, type Remote } from '../remote.js';

/** Also from dist/, which is as deep. */
const SCRIPT = readFileSync(fileURLToPath(new URL('../../../vagrant/machine/deploy.sh', import.meta.url)), 'utf8');

/** What there is on a machine, as vagrant/machine/deploy.sh tells it. */
export interface MachineState {
  /** Whether it has a configuration of this node. */
  isNode: boolean;
  /** What is rendered for a file of the system, path as it is rendered, and is not what is there. */
  differing: string[];
  /** Name -> id of the images in use, and NAME.new and NAME.old of those beside them. */
  images: Map<string, string>;
  /** When what a service is started with was installed, in ms since 1970; 0 where it never was. */
  definedAtMs: Record<ServiceName, number>;
}

/** What the updater does on a machine: vagrant/machine/deploy.sh, which it takes along. */
export class MachineScript {
  constructor(
    private readonly node: string,
    private readonly remote: Remote,
  ) {}

  async state(): Promise<MachineState> {
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

  private call(command: string[], input?: NodeJS.ReadableStream | string): Promise<string> {
    return this.remote.run(asRoot(['bash', '-c', SCRIPT, 'deploy.sh', this.node, ...command]), input);
  }
}

function machineStateIn(output: string): MachineState {
  const lines = output.split('\n').map((line) => line.split(' '));
  const of = (kind: string) => lines.filter(([first]) => first === kind).map(([, ...rest]) => rest);
  const defined = new Map(of('defined').map(([service, ms]) => [service, Number(ms)]));
  return {
    isNode: of('manifest').length > 0,
    differing: of('differs').map(([file = '']) => file),
    images: new Map(of('image').map(([name = '', id = '']) => [name, id])),
    definedAtMs: Object.fromEntries(
      SERVICE_NAMES.map((service) => [service, defined.get(service) ?? 0]),
    ) as MachineState['definedAtMs'],
  };
}
