import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { type Cluster, type Node, nodesOf, type Tier } from '../../cluster/cluster.js';
import type { Journal } from '../../common/journal.js';
import { waitUntilNothingIsMissing } from '../../common/wait-until.js';
import { SERVICE_NAMES } from '../../node/contract.js';
import {
  manifestOf,
  renderComposeFile,
  renderConfiguration,
  type RenderedFiles,
  renderTopology,
} from '../../rendering/render.js';
import { lanIdentity } from '../../rendering/views.js';
import { replaceFile } from '../../rendering/write.js';
import { type NodeObservation } from '../lab.js';
import { routerList } from '../heard-routers.js';
import { assertNoneHasEnded, type LabProblem, labProblems } from '../lab-problems.js';
import type { Step } from '../step.js';
import { ComposeLab } from './compose-lab.js';
import { ComposeProject, type Workspace } from './compose-project.js';
import { GatedUpdate, type UpdateEntry, updateJournal } from './gated-update.js';
import type { Images } from './images.js';
import { assertRouterIdsAreFree, interfaceOnLan } from './hear-routers.js';
import { NodeState } from './node-state.js';
import { containersOf, NodeUpdate } from './node-update.js';
import { assertHostIsFree } from './preconditions.js';
import { disagreements } from './tier-agreement.js';

/**
 * Makes the lab run what cluster.yaml and the templates say: starts what is not there, and brings what runs up to date
 * node by node. What does not validate changes nothing; a node that is worth less with the change gets its previous
 * configuration back, and no further node is touched.
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
  await update.finishInterrupted();
  if (await update.isUpToDate(configuration, composeFiles)) return false;

  await step('Check the configuration', () => update.project.validate(configuration, topology));
  await update.apply(configuration, composeFiles);
  return true;
}

class LabUpdate {
  readonly project: ComposeProject;
  private readonly lab: ComposeLab;
  private readonly state: NodeState;
  private readonly journal: Journal<UpdateEntry>;
  private readonly gate: GatedUpdate;

  constructor(
    engine: Docker,
    private readonly cluster: Cluster,
    workspace: Workspace,
    private readonly step: Step,
  ) {
    this.project = new ComposeProject(engine, cluster.name, workspace);
    this.lab = new ComposeLab(engine, cluster, this.project);
    this.state = new NodeState(engine, cluster, this.project, this.lab);
    this.journal = updateJournal(workspace);
    const nodeUpdate = new NodeUpdate(cluster, this.project, this.lab, step);
    this.gate = new GatedUpdate(cluster, this.project, this.lab, this.state, nodeUpdate, this.journal, step);
  }

  /** An update that was interrupted left a node on a configuration that nobody has judged. */
  async finishInterrupted(): Promise<void> {
    if ((await this.lab.observe()).some(({ power }) => power !== 'off')) await this.gate.takeBackInterrupted();
    else await this.journal.clear();
  }

  async isUpToDate(configuration: RenderedFiles, composeFiles: Map<string, string>): Promise<boolean> {
    for (const [path, content] of composeFiles) {
      if ((await readFile(path, 'utf8').catch(() => '')) !== content) return false;
    }
    if ((await this.problems()).length > 0) return false;
    if ((await this.project.outdatedServices()).length > 0 || (await this.surplusNodes()).length > 0) return false;
    const nodes = nodesOf(this.cluster);
    const current = await Promise.all(nodes.map((node) => this.hasConfiguration(node, configuration)));
    return current.every(Boolean);
  }

  /** @throws InvalidInputError when this host has no room for a lab that is to be started; nothing has changed then */
  async apply(configuration: RenderedFiles, composeFiles: Map<string, string>): Promise<void> {
    const lan = await this.project.lanIdentity();
    const lanChanges = lan !== undefined && lan !== lanIdentity(this.cluster);
    const isRunning = !lanChanges && (await this.lab.observe()).some(({ power }) => power !== 'off');
    if (!isRunning) {
      await assertHostIsFree(this.cluster, this.project);
      await this.hearWhoIsOnTheLan();
    }

    const previous: Record<string, string> = {};
    for (const path of composeFiles.keys()) previous[path] = await readFile(path, 'utf8').catch(() => '');
    for (const [path, content] of composeFiles) await replaceFile(path, content);
    if (lanChanges) await this.step('Take the lab down, since its LAN changes', () => this.project.remove());
    if (isRunning) {
      await this.updateNodes(configuration, previous);
    } else {
      await this.step('Start the nodes', () => this.project.compose('up', ['up', '--detach', '--remove-orphans']));
    }
    await this.step('Wait until every tier is healthy', () => this.untilHealthy());
  }

  /** @throws InvalidInputError when somebody has a tier's router id */
  private async hearWhoIsOnTheLan(): Promise<void> {
    const lanInterface = interfaceOnLan(this.cluster);
    if (lanInterface === undefined) return;
    const others = await this.step(`Listen for other routers on ${lanInterface}`, () =>
      assertRouterIdsAreFree(this.cluster, lanInterface),
    );
    if (others.length > 0) await this.step(`Other router ids in use: ${routerList(others)}`, async () => {});
  }

  /** One node at a time, the holder of a virtual IP last in its tier; nodes that go away at the end. */
  private async updateNodes(configuration: RenderedFiles, previous: Record<string, string>): Promise<void> {
    for (const tier of this.cluster.tiers) await this.updateTier(tier, configuration, previous);
    for (const node of await this.surplusNodes()) {
      await this.step(`Remove ${node}`, async () => {
        await this.lab.stopNode(node);
        await this.project.removeNode(node);
      });
    }
    await this.step('Render the configuration', () =>
      this.project.compose('config', ['run', '--rm', '--no-deps', '-T', 'config']),
    );
    if ((await this.project.outdatedServices()).includes('gateway')) {
      await this.step('Renew the gateway', () =>
        this.project.compose('gateway', ['up', '--detach', '--no-deps', 'gateway']),
      );
    }
  }

  private async updateTier(tier: Tier, configuration: RenderedFiles, previous: Record<string, string>): Promise<void> {
    const [observations, outdated] = [await this.lab.observe(), await this.project.outdatedServices()];
    const waiting: Node[] = [];
    for (const node of inOrderOfUpdate(tier, observations)) {
      const works = observations.some((observation) => observation.node === node.name && isUp(observation));
      const isOutdated = containersOf(node).some((service) => outdated.includes(service));
      if (!works || isOutdated || !(await this.hasConfiguration(node, configuration))) waiting.push(node);
    }
    const cannotDiffer = new Set<string>();
    for (const { name } of waiting) {
      const files = await this.state.filesOf(name);
      if (files.size > 0) disagreements(name, files, configuration).forEach((text) => cannotDiffer.add(text));
    }
    if (cannotDiffer.size > 0) {
      const what = [...cannotDiffer].join(', ');
      await this.step(`Tier ${tier.name} as a whole (${what}): its requests fail until all nodes have it`, () =>
        this.gate.apply(tier, waiting, configuration, previous),
      );
      return;
    }
    for (const [at, node] of waiting.entries()) {
      const remaining = await this.gate.apply(tier, [node], configuration, previous);
      await this.assertOthersMayFollow(tier, remaining, waiting.slice(at + 1));
    }
  }

  /** A node that was broken before, and still is, shows nothing of what the change does to one that serves. */
  private async assertOthersMayFollow(tier: Tier, remaining: LabProblem[], others: Node[]): Promise<void> {
    if (remaining.length === 0) return;
    for (const other of others) {
      if ((await this.state.problemsOf(tier, [other])).some(({ node }) => node !== undefined)) continue;
      const still = remaining.map(({ text }) => `\n  still: ${text}`).join('');
      throw new Error(`${other.name}: not touched, since it serves, and the change has not been seen to work${still}`);
    }
  }

  private async hasConfiguration({ name }: Node, configuration: RenderedFiles): Promise<boolean> {
    const seen = await this.lab.configurationOf(name);
    return seen?.stale.length === 0 && seen.manifest.join() === manifestOf(configuration, name).join();
  }

  private async surplusNodes(): Promise<string[]> {
    const wanted = nodesOf(this.cluster).map(({ name }) => name);
    return (await this.lab.existingNodes()).filter((name) => !wanted.includes(name));
  }

  private async problems(): Promise<LabProblem[]> {
    return labProblems(this.cluster, await this.lab.observe());
  }

  /** @throws Error at once when a service has ended */
  private untilHealthy(): Promise<void> {
    const missing = async () => {
      const problems = await this.problems();
      assertNoneHasEnded(problems);
      return problems.map(({ text }) => text);
    };
    return waitUntilNothingIsMissing('healthy lab', missing, {
      deadlineMs: this.lab.traits.healthyWithinMs,
    });
  }
}

/** The holder of the virtual IP last, nodes that are off first. */
function inOrderOfUpdate(tier: Tier, observations: NodeObservation[]): Node[] {
  const rank = ({ name }: Node) => {
    const observation = observations.find(({ node }) => node === name);
    if (observation?.power !== 'on') return 0;
    return observation.vipsHeld.includes(tier.virtualRouter.virtualIp) ? 2 : 1;
  };
  return tier.nodes.toSorted((one, other) => rank(one) - rank(other));
}

function isUp({ power, services }: NodeObservation): boolean {
  return power === 'on' && SERVICE_NAMES.every((service) => services[service] === 'up');
}
