import { join } from 'node:path';
import type Docker from 'dockerode';
import { type Cluster, type Node } from '../../cluster/cluster.js';
import type { ServiceName } from '../../node/contract.js';
import {
  NODE_FILE_NAMES,
  renderComposeFile,
  renderConfiguration,
  type RenderedFiles,
  renderTopology,
} from '../../rendering/render.js';
import { lanIdentity } from '../../rendering/views.js';
import type { NodeConfiguration } from '../lab.js';
import type { HttpAnswer } from '../node-worth.js';
import type { Step } from '../step.js';
import type { Deployment, Part } from '../update/deployment.js';
import { answerIn, askCommand, filesIn, printFilesCommand } from '../update/node-questions.js';
import type { ComposeLab } from './compose-lab.js';
import type { ComposeProject, Workspace } from './compose-project.js';
import { execute } from './docker-engine.js';
import { assertNoOtherRouters } from './hear-routers.js';
import type { Images } from './images.js';
import { NODE_LABEL, ROLE_LABEL } from './node-containers.js';
import { assertHostIsFree } from './preconditions.js';

/** How containers of a Compose project come to run what is rendered. */
export class ComposeDeployment implements Deployment {
  constructor(
    private readonly engine: Docker,
    private readonly cluster: Cluster,
    private readonly workspace: Workspace,
    private readonly project: ComposeProject,
    private readonly lab: ComposeLab,
    private readonly images: Images,
  ) {}

  render(): Promise<RenderedFiles> {
    return renderConfiguration(this.cluster, this.workspace.templatesFolder);
  }

  /** The engine has answered. */
  async assertUsable(): Promise<void> {}

  provideImages(step: Step): Promise<void> {
    return this.images.provide(step);
  }

  async validate(rendered: RenderedFiles): Promise<void> {
    await this.project.validate(rendered, await renderTopology(this.cluster, this.workspace.templatesFolder));
  }

  /** compose.yaml and the topology. */
  async hostFiles(): Promise<Record<string, string>> {
    const { topologyFile, folder, templatesFolder } = this.workspace;
    return {
      [topologyFile]: await renderTopology(this.cluster, templatesFolder),
      [join(folder, 'compose.yaml')]: await renderComposeFile(this.cluster, templatesFolder),
    };
  }

  async runs(): Promise<boolean> {
    return !(await this.lanChanges()) && (await this.lab.observe()).some(({ power }) => power !== 'off');
  }

  async assertReady(runs: boolean, step: Step): Promise<void> {
    if (runs) return;
    await assertHostIsFree(this.cluster, this.project);
    await assertNoOtherRouters(this.cluster, step);
  }

  /** The `config` container renders, as it does for `docker compose up`. */
  async start(_rendered: RenderedFiles, step: Step): Promise<void> {
    if (await this.lanChanges()) await step('Take the lab down, since its LAN changes', () => this.project.remove());
    await step('Start the nodes', () => this.project.compose('up', ['up', '--detach', '--remove-orphans']));
  }

  async finish(rendered: RenderedFiles, step: Step): Promise<void> {
    await step('Publish the configuration', () => this.project.publish(rendered, { all: true }));
    if ((await this.project.outdatedServices()).includes('gateway')) {
      await step('Renew the gateway', () =>
        this.project.compose('gateway', ['up', '--detach', '--no-deps', 'gateway']),
      );
    }
  }

  existingNodes(): Promise<string[]> {
    return this.lab.existingNodes();
  }

  configurationOf(node: string): Promise<NodeConfiguration | undefined> {
    return this.lab.configurationOf(node);
  }

  outdatedParts(): Promise<Part[]> {
    return this.project.outdatedParts();
  }

  /** What is rendered may have been rendered by `docker compose up`, which adopts nothing: what has been adopted comes first. */
  async filesOf(node: string): Promise<RenderedFiles> {
    const on = (await this.project.containers()).filter(
      ({ Labels, State }) => Labels[ROLE_LABEL] === 'node' && State === 'running',
    );
    const own = on.find(({ Labels }) => Labels[NODE_LABEL] === node);
    const reader = own ?? on[0];
    if (!reader) return new Map();
    const paths = NODE_FILE_NAMES.map((file) => `nodes/${node}/${file}`);
    const command = printFilesCommand(paths, { adopted: own !== undefined });
    return filesIn(node, await execute(this.engine.getContainer(reader.Id), command));
  }

  async imagesOf(node: string): Promise<Record<string, string>> {
    const containers = (await this.project.containers()).filter(({ Labels }) => Labels[NODE_LABEL] === node);
    const image = { app: 'ha-demo/service', haproxy: 'ha-demo/haproxy', keepalived: 'ha-demo/keepalived' };
    return Object.fromEntries(
      Object.entries(image).flatMap(([role, name]) => {
        const container = containers.find(({ Labels }) => Labels[ROLE_LABEL] === role);
        return container ? [[name, container.ImageID]] : [];
      }),
    );
  }

  currentImages(images: string[]): Promise<Record<string, string>> {
    return this.project.currentImages(images);
  }

  useImages(images: Record<string, string>): Promise<void> {
    return this.project.useImages(images);
  }

  install(files: RenderedFiles): Promise<void> {
    return this.project.publish(files);
  }

  async renewNode(node: string): Promise<void> {
    if ((await this.existingNodes()).includes(node)) await this.lab.stopNode(node);
    await this.project.startNode(node);
  }

  renewService(node: string, service: ServiceName): Promise<void> {
    return this.lab.renewService(node, service);
  }

  async removeNode(node: string): Promise<void> {
    await this.lab.stopNode(node);
    await this.project.removeNode(node);
  }

  async ask(node: Node): Promise<HttpAnswer> {
    const container = (await this.project.containers()).find(
      ({ Labels }) => Labels[NODE_LABEL] === node.name && Labels[ROLE_LABEL] === 'node',
    );
    const output = container ? await execute(this.engine.getContainer(container.Id), askCommand(node)) : '';
    return answerIn(node, output);
  }

  private async lanChanges(): Promise<boolean> {
    const lan = await this.project.lanIdentity();
    return lan !== undefined && lan !== lanIdentity(this.cluster);
  }
}
