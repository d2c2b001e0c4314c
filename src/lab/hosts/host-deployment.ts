import { type Cluster, type Node, nodesOf, withLanInterface } from '../../cluster/cluster.js';
import { InvalidInputError } from '../../common/errors.js';
import { SERVICE_NAMES, type ServiceName } from '../../node/contract.js';
import {
  filesOfNode,
  HOST_FILE_NAMES,
  NODE_FILE_NAMES,
  renderConfiguration,
  type RenderedFiles,
} from '../../rendering/render.js';
import type { NodeConfiguration } from '../lab.js';
import type { HttpAnswer } from '../node-worth.js';
import { asRoot, unlessNoConnection } from '../remote.js';
import type { Step } from '../step.js';
import type { Deployment, Part } from '../update/deployment.js';
import { answerIn, askCommand, filesIn, printFilesCommand } from '../update/node-questions.js';
import { HostScript, type HostState } from './host-script.js';
import type { ManagedHostLab } from './managed-host-lab.js';

/** What a service is started from. */
const IMAGES: Record<ServiceName, string> = { app: 'service', haproxy: 'haproxy', keepalived: 'keepalived' };

/** keepalived looks for the interfaces that its configuration names: one of the container that validates it. */
const VALIDATED_INTERFACE = 'eth0';

/** What takes an engine, on the host that the updater runs on. */
export interface ImageHost {
  /** Builds the images where their sources have changed, and saves the files of each. @returns name -> id */
  provide(step: Step): Promise<Record<string, string>>;
  /** Where the files of an image have been saved. */
  archiveOf(image: string): string;
  /** See `Deployment.validate`. */
  validate(rendered: RenderedFiles): Promise<void>;
  /** @throws InvalidInputError when somebody else has a tier's router id */
  assertRouterIdsAreFree(step: Step): Promise<void>;
}

/** How machines with systemd come to run what is rendered. */
export class HostDeployment implements Deployment {
  /** Image -> id that services get, from `provideImages` on. */
  private images: Record<string, string> = {};
  /** Image -> id of what there are archives of. */
  private saved: Record<string, string> = {};
  /** As it is rendered for the container that validates. */
  private validated: RenderedFiles = new Map();

  constructor(
    protected readonly cluster: Cluster,
    private readonly templatesFolder: string,
    protected readonly lab: ManagedHostLab,
    private readonly imageHost: ImageHost,
  ) {}

  /** Each machine has its own name for the LAN's interface; for one that cannot be asked it is that of cluster.yaml. */
  async render(): Promise<RenderedFiles> {
    const interfaces = await this.onEach(
      async (node) => (await this.lanInterfaceOf(node)) ?? this.cluster.lan.interface,
    );
    const renderings = new Map<string, RenderedFiles>();
    for (const name of new Set([VALIDATED_INTERFACE, ...interfaces])) renderings.set(name, await this.renderWith(name));
    this.validated = renderings.get(VALIDATED_INTERFACE)!;
    const ofNodes = nodesOf(this.cluster).map(({ name }, at) => filesOfNode(renderings.get(interfaces[at]!)!, name));
    return new Map(ofNodes.flatMap((files) => [...files]));
  }

  /** Vagrant has seen to it. */
  async assertUsable(_step: Step): Promise<void> {}

  async provideImages(step: Step): Promise<void> {
    this.saved = await this.imageHost.provide(step);
    this.images = { ...this.saved };
  }

  /** Checks what the last `render` made, with the interface's name that the container of the check has. */
  async validate(): Promise<void> {
    await this.imageHost.validate(this.validated);
  }

  async hostFiles(): Promise<Record<string, string>> {
    return {};
  }

  async runs(): Promise<boolean> {
    return (await this.existingNodes()).length > 0;
  }

  async assertReady(runs: boolean, step: Step): Promise<void> {
    const problems = (await this.onEach((node) => this.problemsOf(node))).flat();
    if (problems.length > 0) throw new InvalidInputError(problems.join('\n'));
    if (!runs) await this.imageHost.assertRouterIdsAreFree(step);
  }

  /** At once, since none of them serves yet. */
  async start(rendered: RenderedFiles, step: Step): Promise<void> {
    await step('Start the nodes', () => this.onEach(({ name }) => this.startNode(name, rendered)));
  }

  private async startNode(node: string, rendered: RenderedFiles): Promise<void> {
    const script = await this.scriptFor(node);
    await script.install(filesOfNode(rendered, node));
    const state = await script.state();
    for (const [image, id] of Object.entries(this.images)) {
      await this.provideImage(script, state, image, id);
      await script.use(image, id);
    }
    await this.lab.startNode(node);
  }

  /** Removes the images beside those in use from every machine: no update has to be taken back any more. */
  async finish(): Promise<void> {
    await this.onEach(async ({ name }) => (await this.scriptFor(name)).tidy());
  }

  /** Nodes of cluster.yaml whose machine has a node's configuration, or cannot be asked. Other machines are Vagrant's alone. */
  async existingNodes(): Promise<string[]> {
    const existing = await this.onEach(async ({ name }) => {
      const state = await this.stateOf(name);
      return !state || state.isNode ? [name] : [];
    });
    return existing.flat();
  }

  /** See NodeDeployment. Files that are not installed where the machine reads them are left out of the manifest. */
  async configurationOf(node: string): Promise<NodeConfiguration | undefined> {
    const [seen, state] = await Promise.all([this.lab.configurationOf(node), this.stateOf(node)]);
    if (!seen || !state) return undefined;
    const isInstalled = (line: string) => !state.differing.some((path) => line.endsWith(`  ${path}`));
    return { ...seen, manifest: seen.manifest.filter(isInstalled) };
  }

  async outdatedParts(): Promise<Part[]> {
    const parts = await this.onEach(async ({ name: node }) => {
      const state = await this.stateOf(node);
      if (!state) return [];
      const { startedAtMs } = await (await this.lab.host(node)).report({ configuration: true });
      const isCurrent = (service: ServiceName) => {
        // Nothing is wanted of an image that an interrupted update has not found.
        const wanted = this.images[IMAGES[service]];
        const hasImage = wanted === undefined || state.images.get(IMAGES[service]) === wanted;
        return hasImage && startedAtMs(service) >= state.definedAtMs[service];
      };
      return SERVICE_NAMES.filter((service) => !isCurrent(service)).map((service) => ({ node, service }));
    });
    return parts.flat();
  }

  async filesOf(node: string): Promise<RenderedFiles> {
    const paths = [
      ...NODE_FILE_NAMES.map((file) => `nodes/${node}/${file}`),
      ...HOST_FILE_NAMES.map((file) => `hosts/${node}/${file}`),
    ];
    return filesIn(node, await (await this.lab.host(node)).run(asRoot(printFilesCommand(paths))));
  }

  async imagesOf(node: string): Promise<Record<string, string>> {
    const state = await this.stateOf(node);
    return Object.fromEntries(
      Object.values(IMAGES).flatMap((image) => {
        const id = state?.images.get(image);
        return id === undefined ? [] : [[image, id]];
      }),
    );
  }

  async currentImages(images: string[]): Promise<Record<string, string>> {
    return Object.fromEntries(images.map((image) => [image, this.images[image]!]));
  }

  async useImages(images: Record<string, string>): Promise<void> {
    this.images = { ...this.images, ...images };
  }

  async install(files: RenderedFiles): Promise<void> {
    for (const { name } of nodesOf(this.cluster)) {
      const own = filesOfNode(files, name);
      if (own.size > 0) await (await this.scriptFor(name)).install(own);
    }
  }

  /** Its units start with it. */
  renewNode(node: string): Promise<void> {
    return this.lab.startNode(node);
  }

  async renewService(node: string, service: ServiceName): Promise<void> {
    const [script, image] = [await this.scriptFor(node), IMAGES[service]];
    const id = this.images[image];
    if (id !== undefined) await this.provideImage(script, await script.state(), image, id);
    await this.lab.stopService(node, service);
    if (id !== undefined) await script.use(image, id);
    await this.lab.startService(node, service);
  }

  async removeNode(node: string): Promise<void> {
    await (await this.scriptFor(node)).remove();
  }

  async ask(node: Node): Promise<HttpAnswer> {
    const machine = await this.lab.host(node.name);
    return answerIn(node, await machine.run(asRoot(askCommand(node))));
  }

  /** One that the machine has already, be it the previous one, is not sent again. */
  private async provideImage(script: HostScript, { images }: HostState, image: string, id: string): Promise<void> {
    const isThere = ['', '.new', '.old', '.was'].some((suffix) => images.get(`${image}${suffix}`) === id);
    if (!isThere && id === this.saved[image]) await script.unpack(image, id, this.imageHost.archiveOf(image));
  }

  /** What keeps a machine from being the node. */
  protected async problemsOf(node: Node): Promise<string[]> {
    const machine = await this.lab.host(node.name);
    const power = await machine.power.state();
    if (power !== 'on') return [`${node.name}: is ${power}: vagrant up ${node.name}`];
    if ((await this.lanInterfaceOf(node)) === undefined)
      return [`${node.name}: does not answer, or has no interface with ${node.address}`];
    const { lacks } = await (await this.scriptFor(node.name)).facts();
    return lacks.length === 0 ? [] : [`${node.name}: lacks ${lacks.join(', ')}: vagrant provision ${node.name}`];
  }

  protected async lanInterfaceOf({ name, address }: Node): Promise<string | undefined> {
    const machine = await this.lab.host(name);
    return (await machine.power.state()) === 'on' ? machine.interfaceWith(address) : undefined;
  }

  protected onEach<Result>(action: (node: Node) => Promise<Result>): Promise<Result[]> {
    return Promise.all(nodesOf(this.cluster).map(action));
  }

  private renderWith(lanInterface: string): Promise<RenderedFiles> {
    return renderConfiguration(withLanInterface(this.cluster, lanInterface), this.templatesFolder);
  }

  /** Undefined when the machine cannot be asked. */
  protected async stateOf(node: string): Promise<HostState | undefined> {
    const { power } = await this.lab.host(node);
    if ((await power.state()) !== 'on') return undefined;
    return (await this.scriptFor(node)).state().catch(unlessNoConnection);
  }

  protected async scriptFor(node: string): Promise<HostScript> {
    return new HostScript(node, await this.lab.host(node));
  }
}
