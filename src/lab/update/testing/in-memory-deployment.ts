import { type Cluster, type Node, nodesOf } from '../../../cluster/cluster.js';
import { InvalidInputError } from '../../../common/errors.js';
import { SERVICE_NAMES, type ServiceName } from '../../../node/contract.js';
import { filesOfNode, manifestOf, type RenderedFiles } from '../../../rendering/render.js';
import type { NodeConfiguration } from '../../lab.js';
import type { InMemoryLab } from '../../memory/in-memory-lab.js';
import type { HttpAnswer } from '../../node-worth.js';
import type { Step } from '../../step.js';
import type { Deployment, Part } from '../deployment.js';

/** A file that holds this is refused by the validation. */
export const INVALID = 'invalid';
/** An HAProxy whose file holds this answers nothing. */
export const HARMFUL = 'harmful';

const IMAGE = 'image';
const NOTHING: RenderedFiles = new Map();

/** Where the nodes of a lab in memory have their files, and which image they run on. */
export class InMemoryDeployment implements Deployment {
  /** What cluster.yaml and the templates make. */
  rendered: RenderedFiles = new Map();
  /** What is rendered for the nodes, and what each service has adopted of it when it was started. */
  readonly installed: RenderedFiles = new Map();
  private readonly adopted = new Map<string, RenderedFiles>();
  private readonly imageOf = new Map<string, string>();
  image = 'sha256:one';
  isRunning = true;
  /** Nodes that are not there, though cluster.yaml names them. */
  readonly missing = new Set<string>();
  /** Nodes that cluster.yaml does not name any more. */
  readonly surplus = new Set<string>();

  constructor(
    private readonly cluster: Cluster,
    private readonly lab: InMemoryLab,
  ) {}

  /** As if everything had been brought up with what is rendered. */
  settle(): void {
    for (const [path, content] of this.rendered) this.installed.set(path, content);
    for (const { name } of nodesOf(this.cluster)) SERVICE_NAMES.forEach((service) => this.adopt(name, service));
  }

  async render(): Promise<RenderedFiles> {
    return this.rendered;
  }

  async assertUsable(): Promise<void> {}

  async provideImages(): Promise<void> {}

  async validate(rendered: RenderedFiles): Promise<void> {
    for (const [path, content] of rendered) if (content.includes(INVALID)) throw new InvalidInputError(path);
  }

  async hostFiles(): Promise<Record<string, string>> {
    return {};
  }

  async runs(): Promise<boolean> {
    return this.isRunning;
  }

  async assertReady(): Promise<void> {}

  async start(_rendered: RenderedFiles, step: Step): Promise<void> {
    await step('Start the nodes', async () => this.settle());
  }

  async finish(): Promise<void> {}

  async existingNodes(): Promise<string[]> {
    const named = nodesOf(this.cluster).map(({ name }) => name);
    return [...named.filter((name) => !this.missing.has(name)), ...this.surplus];
  }

  async configurationOf(node: string): Promise<NodeConfiguration> {
    const manifest = manifestOf(this.installed, node);
    const isStale = (service: ServiceName) =>
      manifestOf(this.adopted.get(`${node} ${service}`) ?? NOTHING, node).join() !== manifest.join();
    return { manifest, stale: SERVICE_NAMES.filter(isStale), refused: [] };
  }

  async outdatedParts(): Promise<Part[]> {
    return nodesOf(this.cluster).flatMap(({ name: node }) =>
      SERVICE_NAMES.filter((service) => this.imageOf.get(`${node} ${service}`) !== this.image).map((service) => ({
        ...{ node, service },
      })),
    );
  }

  async filesOf(node: string): Promise<RenderedFiles> {
    return filesOfNode(this.installed, node);
  }

  async imagesOf(node: string): Promise<Record<string, string>> {
    return { [IMAGE]: this.imageOf.get(`${node} app`)! };
  }

  async currentImages(): Promise<Record<string, string>> {
    return { [IMAGE]: this.image };
  }

  async useImages(images: Record<string, string>): Promise<void> {
    this.image = images[IMAGE]!;
  }

  async install(files: RenderedFiles): Promise<void> {
    for (const [path, content] of files) this.installed.set(path, content);
  }

  async renewNode(node: string): Promise<void> {
    await this.lab.startNode(node);
    SERVICE_NAMES.forEach((service) => this.adopt(node, service));
  }

  async renewService(node: string, service: ServiceName): Promise<void> {
    await this.lab.stopService(node, service);
    await this.lab.startService(node, service);
    this.adopt(node, service);
  }

  async removeNode(node: string): Promise<void> {
    this.surplus.delete(node);
  }

  async ask({ name }: Node): Promise<HttpAnswer> {
    const running = this.adopted.get(`${name} haproxy`)?.get(`nodes/${name}/haproxy.cfg`) ?? '';
    return { url: `http://${name}/`, status: running.includes(HARMFUL) ? undefined : 200 };
  }

  /** What a service does whenever it starts or reloads. */
  adopt(node: string, service: ServiceName): void {
    this.adopted.set(`${node} ${service}`, filesOfNode(this.installed, node));
    this.imageOf.set(`${node} ${service}`, this.image);
  }
}
