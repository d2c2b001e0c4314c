import { readFile } from 'node:fs/promises';
import { type Cluster, type Node, nodesOf, type Tier } from '../../cluster/cluster.js';
import type { Journal } from '../../common/journal.js';
import { waitUntilNothingIsMissing } from '../../common/wait-until.js';
import { SERVICE_NAMES } from '../../node/contract.js';
import { manifestOf, type RenderedFiles } from '../../rendering/render.js';
import { replaceFile } from '../../rendering/write.js';
import type { Lab, NodeObservation } from '../lab.js';
import { assertNoneHasEnded, type LabProblem, labProblems } from '../lab-problems.js';
import type { Step } from '../step.js';
import type { Deployment } from './deployment.js';
import { GatedUpdate } from './gated-update.js';
import { problemsOfNodes } from './node-problems.js';
import { disagreements } from './tier-agreement.js';
import type { UpdateEntry, UpdateOrder } from './update-order.js';

/**
 * Makes the lab run what cluster.yaml and the templates say: starts what is not there, and brings what runs up to date
 * node by node. What does not validate changes nothing; a node that is worth less with the change gets its previous
 * configuration back, and no further node is touched.
 * @returns whether there was anything to do
 * @throws InvalidInputError when the templates, the configuration or the host are refused; no node is touched for it then
 * @throws Error when a node was worth less with the change; the message says whether it has its previous configuration
 * @throws DeadlineExceededError when the lab is not healthy within `traits.healthyWithinMs`
 */
export async function bringUp(order: UpdateOrder, step: Step): Promise<boolean> {
  const { deployment } = order;
  const rendered = await deployment.render();
  const update = new LabUpdate(order, step);
  await update.finishInterrupted();
  await deployment.provideImages(step);
  const isUpToDate = await update.isUpToDate(rendered);
  if (isUpToDate && (await update.isHealthy())) return false;
  if (!isUpToDate) {
    await step('Check the configuration', () => deployment.validate(rendered));
    await update.apply(rendered);
  }
  await step('Wait until every tier is healthy', () => update.untilHealthy());
  return !isUpToDate;
}

class LabUpdate {
  private readonly cluster: Cluster;
  private readonly lab: Lab;
  private readonly deployment: Deployment;
  private readonly journal: Journal<UpdateEntry>;
  private readonly gate: GatedUpdate;

  constructor(
    order: UpdateOrder,
    private readonly step: Step,
  ) {
    ({ cluster: this.cluster, lab: this.lab, deployment: this.deployment, journal: this.journal } = order);
    this.gate = new GatedUpdate(order, step);
  }

  /** An update that was interrupted left a node on a configuration that nobody has judged; a lab that is off is started as a whole. */
  async finishInterrupted(): Promise<void> {
    const entry = await this.journal.read();
    if (!entry || (await this.lab.observe()).every(({ power }) => power === 'off')) return;
    const existing = await this.deployment.existingNodes();
    if (entry.nodes.some((node) => existing.includes(node))) await this.gate.takeBack(entry);
    else await this.journal.clear();
  }

  /** Whether nothing is to be installed, started or removed. What is slow to answer on a busy host is waited for, not renewed. */
  async isUpToDate(rendered: RenderedFiles): Promise<boolean> {
    for (const [path, content] of Object.entries(await this.deployment.hostFiles())) {
      if ((await contentOf(path)) !== content) return false;
    }
    const observations = await this.lab.observe();
    if (!nodesOf(this.cluster).every(({ name }) => observations.some((one) => one.node === name && isUp(one))))
      return false;
    if ((await this.deployment.outdatedParts()).length > 0 || (await this.surplusNodes()).length > 0) return false;
    const nodes = nodesOf(this.cluster);
    const current = await Promise.all(nodes.map((node) => this.hasConfiguration(node, rendered)));
    return current.every(Boolean);
  }

  /** @throws InvalidInputError when there is no room for a lab that is to be started; nothing has changed then */
  async apply(rendered: RenderedFiles): Promise<void> {
    const runs = await this.deployment.runs();
    await this.deployment.assertReady(runs, this.step);
    const previous: Record<string, string> = {};
    for (const [path, content] of Object.entries(await this.deployment.hostFiles())) {
      previous[path] = await contentOf(path);
      await replaceFile(path, content);
    }
    if (runs) {
      await this.updateNodes(rendered, previous);
    } else {
      await this.journal.clear();
      await this.deployment.start(rendered, this.step);
    }
  }

  async isHealthy(): Promise<boolean> {
    return (await this.problems()).length === 0;
  }

  /** @throws Error at once when a service has ended, where it does not come back by itself */
  untilHealthy(): Promise<void> {
    const { traits, capabilities, clock } = this.lab;
    const missing = async () => {
      const problems = await this.problems();
      assertNoneHasEnded(capabilities, problems);
      return problems.map(({ text }) => text);
    };
    return waitUntilNothingIsMissing('healthy lab', missing, {
      deadlineMs: traits.healthyWithinMs,
      intervalMs: traits.lookIntervalMs,
      clock,
    });
  }

  /** One node at a time, the holder of a virtual IP last in its tier; nodes that go away at the end. */
  private async updateNodes(rendered: RenderedFiles, hostFiles: Record<string, string>): Promise<void> {
    for (const tier of this.cluster.tiers) await this.updateTier(tier, rendered, hostFiles);
    for (const node of await this.surplusNodes())
      await this.step(`Remove ${node}`, () => this.deployment.removeNode(node));
    await this.deployment.finish(rendered, this.step);
  }

  private async updateTier(tier: Tier, rendered: RenderedFiles, hostFiles: Record<string, string>): Promise<void> {
    const [observations, outdated] = [await this.lab.observe(), await this.deployment.outdatedParts()];
    const waiting: Node[] = [];
    for (const node of inOrderOfUpdate(tier, observations)) {
      const works = observations.some((observation) => observation.node === node.name && isUp(observation));
      const isOutdated = outdated.some((part) => part.node === node.name);
      if (!works || isOutdated || !(await this.hasConfiguration(node, rendered))) waiting.push(node);
    }
    const cannotDiffer = new Set<string>();
    for (const { name } of waiting) {
      const files = await this.deployment.filesOf(name);
      if (files.size > 0) disagreements(name, files, rendered).forEach((text) => cannotDiffer.add(text));
    }
    if (cannotDiffer.size > 0) {
      const what = [...cannotDiffer].join(', ');
      await this.step(`Tier ${tier.name} as a whole (${what}): its requests fail until all nodes have it`, () =>
        this.gate.apply(tier, waiting, rendered, hostFiles),
      );
      return;
    }
    for (const [at, node] of waiting.entries()) {
      const remaining = await this.gate.apply(tier, [node], rendered, hostFiles);
      await this.assertOthersMayFollow(tier, remaining, waiting.slice(at + 1));
    }
  }

  /** A node that was broken before, and still is, shows nothing of what the change does to one that serves. */
  private async assertOthersMayFollow(tier: Tier, remaining: LabProblem[], others: Node[]): Promise<void> {
    if (remaining.length === 0) return;
    for (const other of others) {
      const problems = await problemsOfNodes(this.cluster, this.lab, this.deployment, tier, [other]);
      if (problems.some(({ node }) => node !== undefined)) continue;
      const still = remaining.map(({ text }) => `\n  still: ${text}`).join('');
      throw new Error(`${other.name}: not touched, since it serves, and the change has not been seen to work${still}`);
    }
  }

  private async hasConfiguration({ name }: Node, rendered: RenderedFiles): Promise<boolean> {
    const seen = await this.deployment.configurationOf(name);
    return seen?.stale.length === 0 && seen.manifest.join() === manifestOf(rendered, name).join();
  }

  private async surplusNodes(): Promise<string[]> {
    const wanted = nodesOf(this.cluster).map(({ name }) => name);
    return (await this.deployment.existingNodes()).filter((name) => !wanted.includes(name));
  }

  private async problems(): Promise<LabProblem[]> {
    return labProblems(this.cluster, await this.lab.observe());
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

/** Empty when there is no such file. */
function contentOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
}
