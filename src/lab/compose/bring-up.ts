import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { type Cluster, nodesOf, type Tier } from '../../cluster/cluster.js';
import { waitUntilNothingIsMissing } from '../../common/wait-until.js';
import { renderComposeFile, renderConfiguration, type RenderedFiles, renderTopology } from '../../rendering/render.js';
import { lanIdentity } from '../../rendering/views.js';
import { replaceFile } from '../../rendering/write.js';
import { SERVICE_NAMES, type ServiceName } from '../lab.js';
import { HEALTHY_WITHIN_MS, type LabProblem, labProblems } from '../lab-problems.js';
import { ComposeLab } from './compose-lab.js';
import { ComposeProject, digestOf, type Workspace } from './compose-project.js';
import type { Images } from './images.js';
import { assertHostIsFree } from './preconditions.js';

/** Runs a part of the work and shows the user which. */
export type Step = <Result>(text: string, work: () => Promise<Result>) => Promise<Result>;

/**
 * Makes the lab run what cluster.yaml and the templates say: starts what is not there, and brings what runs up to date
 * node by node. What does not validate changes nothing.
 * @returns whether there was anything to do
 */
export async function bringUp(
  engine: Docker,
  cluster: Cluster,
  workspace: Workspace,
  images: Images,
  step: Step,
): Promise<boolean> {
  const { templatesFolder, folder, stateFolder } = workspace;
  const configuration = await renderConfiguration(cluster, templatesFolder);
  const topology = await renderTopology(cluster, templatesFolder);
  const composeFiles = new Map([
    [workspace.topologyFile, topology],
    [join(folder, 'compose.yaml'), await renderComposeFile(cluster, templatesFolder)],
  ]);
  if (!(await images.areCurrent())) {
    await step('Build the images', () => images.build(join(stateFolder, 'logs', 'build.log')));
  }
  const update = new LabUpdate(engine, cluster, workspace, step);
  if (await update.isUpToDate(configuration, composeFiles)) return false;

  await step('Check the configuration', () => update.project.validate(configuration, topology));
  await update.apply(composeFiles);
  return true;
}

class LabUpdate {
  readonly project: ComposeProject;
  private readonly lab: ComposeLab;

  constructor(
    engine: Docker,
    private readonly cluster: Cluster,
    workspace: Workspace,
    private readonly step: Step,
  ) {
    this.project = new ComposeProject(engine, cluster.name, workspace);
    this.lab = new ComposeLab(engine, cluster, this.project);
  }

  async isUpToDate(configuration: RenderedFiles, composeFiles: Map<string, string>): Promise<boolean> {
    for (const [path, content] of composeFiles) {
      if ((await readFile(path, 'utf8').catch(() => '')) !== content) return false;
    }
    if ((await this.problems()).length > 0) return false;
    if ((await this.project.outdatedServices()).length > 0 || (await this.surplusNodes()).length > 0) return false;
    const nodes = await Promise.all(
      nodesOf(this.cluster).map(async ({ name }) => ({ name, ...(await this.lab.configurationOf(name)) })),
    );
    return nodes.every(({ name, digest, stale }) => stale.length === 0 && digest === digestOf(configuration, name));
  }

  /** @throws InvalidInputError when this host has no room for a lab that is to be started; nothing has changed then */
  async apply(composeFiles: Map<string, string>): Promise<void> {
    const lan = await this.project.lanIdentity();
    const lanChanges = lan !== undefined && lan !== lanIdentity(this.cluster);
    const isRunning = !lanChanges && (await this.lab.observe()).some(({ power }) => power !== 'off');
    if (!isRunning) await assertHostIsFree(this.cluster, this.project);

    for (const [path, content] of composeFiles) await replaceFile(path, content);
    if (lanChanges) await this.step('Take the lab down, since its LAN changes', () => this.project.remove());
    if (isRunning) {
      await this.updateNodes();
    } else {
      await this.step('Start the nodes', () => this.project.compose('up', ['up', '--detach', '--remove-orphans']));
    }
    await this.step('Wait until every tier is healthy', () => this.untilNone('healthy lab', () => true));
  }

  /** One node at a time, the holder of a virtual IP last in its tier; nodes that go away at the end. */
  private async updateNodes(): Promise<void> {
    await this.step('Render the configuration', () =>
      this.project.compose('config', ['run', '--rm', '--no-deps', '-T', 'config']),
    );
    const outdated = await this.project.outdatedServices();
    if (outdated.includes('gateway')) {
      await this.step('Renew the gateway', () =>
        this.project.compose('gateway', ['up', '--detach', '--no-deps', 'gateway']),
      );
    }
    for (const tier of this.cluster.tiers) {
      for (const node of await this.inOrderOfUpdate(tier)) await this.updateNode(node, outdated);
    }
    for (const node of await this.surplusNodes()) {
      await this.step(`Remove ${node}`, async () => {
        await this.lab.stopNode(node);
        await this.project.removeNode(node);
      });
    }
  }

  private async inOrderOfUpdate(tier: Tier): Promise<string[]> {
    const observations = await this.lab.observe();
    const rank = (name: string) => {
      const observation = observations.find(({ node }) => node === name);
      if (observation?.power !== 'on') return 0;
      return observation.vipsHeld.includes(tier.virtualRouter.virtualIp) ? 2 : 1;
    };
    return tier.nodes.map(({ name }) => name).toSorted((one, other) => rank(one) - rank(other));
  }

  private async updateNode(node: string, outdated: string[]): Promise<void> {
    const exists = (await this.lab.existingNodes()).includes(node);
    const observation = (await this.lab.observe()).find((candidate) => candidate.node === node);
    if (outdated.includes(node) || observation?.power !== 'on') {
      await this.step(`${exists ? 'Renew' : 'Start'} ${node}`, async () => {
        if (exists) await this.lab.stopNode(node);
        const services = [node, ...SERVICE_NAMES.map((service) => `${node}-${service}`)];
        await this.project.compose(node, ['up', '--detach', '--no-deps', ...services]);
        await this.untilNone(`healthy ${node}`, (problem) => problem.node === node);
      });
      return;
    }
    const { stale } = await this.lab.configurationOf(node);
    for (const service of SERVICE_NAMES) {
      if (outdated.includes(`${node}-${service}`) || observation.services[service] !== 'up') {
        await this.step(`Renew ${service} on ${node}`, () => this.renewService(node, service));
      } else if (stale.includes(service)) {
        await this.step(`Reload ${service} on ${node}`, () => this.reloadService(node, service));
      }
    }
  }

  private async renewService(node: string, service: ServiceName): Promise<void> {
    await this.lab.renewService(node, service);
    await this.untilNone(`healthy ${node}`, (problem) => problem.node === node && problem.service === service);
  }

  /** HAProxy reloads without a stop; the others stop and start, which loses nothing either. */
  private async reloadService(node: string, service: ServiceName): Promise<void> {
    if (service === 'haproxy') {
      await this.lab.reloadHaproxy(node);
    } else {
      await this.lab.stopService(node, service);
      await this.lab.startService(node, service);
    }
    await this.untilNone(`healthy ${node}`, (problem) => problem.node === node && problem.service === service);
  }

  private async surplusNodes(): Promise<string[]> {
    const wanted = nodesOf(this.cluster).map(({ name }) => name);
    return (await this.lab.existingNodes()).filter((name) => !wanted.includes(name));
  }

  private async problems(): Promise<LabProblem[]> {
    return labProblems(this.cluster, await this.lab.observe());
  }

  /** @throws Error at once when one of the services that count has ended: it does not come back by itself */
  private untilNone(condition: string, counts: (problem: LabProblem) => boolean): Promise<void> {
    const missing = async () => {
      const problems = (await this.problems()).filter(counts);
      const ended = problems.find(({ isDown }) => isDown);
      if (ended) throw new Error(`${ended.text}: ./ha-demo logs ${ended.node} ${ended.service}`);
      return problems.map(({ text }) => text);
    };
    return waitUntilNothingIsMissing(condition, missing, { deadlineMs: HEALTHY_WITHIN_MS[this.cluster.place] });
  }
}
