import type { Cluster, Node, Tier } from '../../cluster/cluster.js';
import type { Journal } from '../../common/journal.js';
import { DeadlineExceededError, waitUntilNothingIsMissing } from '../../common/wait-until.js';
import { filesOfNode, type RenderedFiles } from '../../rendering/render.js';
import { replaceFile } from '../../rendering/write.js';
import type { Lab } from '../lab.js';
import { assertNoneHasEnded, type LabProblem } from '../lab-problems.js';
import { whatGotWorse } from '../node-worth.js';
import type { Step } from '../step.js';
import { changedLines } from './changed-lines.js';
import type { NodeDeployment } from './deployment.js';
import { problemsOfNodes } from './node-problems.js';
import { NodeUpdate } from './node-update.js';
import type { UpdateEntry, UpdateOrder } from './update-order.js';

/**
 * An update of nodes that ends with nodes that are worth no less, or with the nodes as they were: previous files, images and
 * definitions. The journal has those before a node is touched, so that an interrupted update can be taken back, too.
 */
export class GatedUpdate {
  private readonly cluster: Cluster;
  private readonly lab: Lab;
  private readonly deployment: NodeDeployment;
  private readonly journal: Journal<UpdateEntry>;
  private readonly nodeUpdate: NodeUpdate;

  constructor(
    { cluster, lab, deployment, journal }: UpdateOrder,
    private readonly step: Step,
  ) {
    [this.cluster, this.lab, this.deployment, this.journal] = [cluster, lab, deployment, journal];
    this.nodeUpdate = new NodeUpdate(cluster, lab, deployment, step);
  }

  /**
   * Updates nodes of a tier, and takes the update back when they are worth less with it.
   * @param nodes of the tier, in the order of their update; several only where they cannot differ
   * @param rendered what they are to run on
   * @param hostFiles what they were before
   * @returns what is still wrong with them, and was before
   * @throws Error that says what got worse, and whether the nodes have what they had before; if not, the journal keeps it
   */
  async apply(
    tier: Tier,
    nodes: Node[],
    rendered: RenderedFiles,
    hostFiles: Record<string, string>,
  ): Promise<LabProblem[]> {
    const before = await this.lookAt(tier, nodes, hostFiles);
    const after = new Map(nodes.flatMap(({ name }) => [...filesOfNode(rendered, name)]));
    const changes = [...changedLines(new Map(Object.entries(before.files)), after), ...(await this.newImages(before))];
    await this.journal.write(before);
    let remaining: LabProblem[];
    try {
      await this.deployment.install(after);
      for (const { name } of nodes) await this.nodeUpdate.update(name, this.tolerated(nodes, before.problems));
      remaining = await this.settledProblems(tier, nodes, before.problems, after);
      const worse = whatGotWorse(before.problems, remaining);
      if (worse.length > 0) throw new Error(worse.map(({ text }) => text).join('\n'));
    } catch (error) {
      await this.takeBack(before, error as Error);
      throw new Error(complaint(before, changes, error as Error), { cause: error });
    }
    await this.journal.clear();
    return remaining;
  }

  private async lookAt(tier: Tier, nodes: Node[], hostFiles: Record<string, string>): Promise<UpdateEntry> {
    const existing = await this.deployment.existingNodes();
    const entry: UpdateEntry = {
      tier: tier.name,
      nodes: nodes.map(({ name }) => name),
      newNodes: nodes.flatMap(({ name }) => (existing.includes(name) ? [] : [name])),
      problems: await this.problemsOf(tier, nodes),
      files: {},
      hostFiles,
      images: {},
    };
    for (const { name } of nodes.filter((node) => !entry.newNodes.includes(node.name))) {
      Object.assign(entry.files, Object.fromEntries(await this.deployment.filesOf(name)));
      Object.assign(entry.images, await this.deployment.imagesOf(name));
    }
    return entry;
  }

  /** Gives nodes back what they had before an update. @param reason why it is taken back; none when it was interrupted */
  async takeBack(entry: UpdateEntry, reason?: Error): Promise<void> {
    try {
      await this.step(`Give ${entry.nodes.join(', ')} the previous configuration`, () => this.restore(entry));
    } catch (error) {
      throw new Error(
        [
          ...(reason ? [reason.message] : []),
          `${entry.nodes.join(', ')} could not be given the previous configuration; ./ha-demo up tries again: ${(error as Error).message}`,
        ].join('\n'),
        { cause: error },
      );
    }
  }

  private async restore(entry: UpdateEntry): Promise<void> {
    for (const [path, content] of Object.entries(entry.hostFiles)) await replaceFile(path, content);
    await this.deployment.useImages(entry.images);
    await this.deployment.install(new Map(Object.entries(entry.files)));
    const tier = this.cluster.tiers.find(({ name }) => name === entry.tier);
    const nodes = tier?.nodes.filter(({ name }) => entry.nodes.includes(name)) ?? [];
    for (const name of entry.nodes) {
      if (entry.newNodes.includes(name)) {
        await this.deployment.removeNode(name);
      } else if (nodes.some((node) => node.name === name)) {
        await this.nodeUpdate.update(name, () => true);
      }
    }
    const remaining = nodes.filter(({ name }) => !entry.newNodes.includes(name));
    if (tier) {
      const files = new Map(Object.entries(entry.files));
      const worse = whatGotWorse(entry.problems, await this.settledProblems(tier, remaining, entry.problems, files));
      if (worse.length > 0) throw new Error(worse.map(({ text }) => text).join('\n'));
    }
    await this.journal.clear();
  }

  /** One node is to work before its next service is touched; where nodes cannot differ, they do not until all are changed. */
  private tolerated(nodes: Node[], before: LabProblem[]): (problem: LabProblem) => boolean {
    return (problem) =>
      whatGotWorse(before, [problem]).length === 0 || (nodes.length > 1 && problem.isDown === undefined);
  }

  /**
   * Waits until there are no problems, and none comes back for as long as the slowest detector needs.
   * @returns the problems that are there at the deadline
   */
  private async settledProblems(
    tier: Tier,
    nodes: Node[],
    before: LabProblem[],
    files: RenderedFiles,
  ): Promise<LabProblem[]> {
    const { traits, capabilities, clock } = this.lab;
    const settleMs = detectionMs(this.cluster, files);
    let problems: LabProblem[] = [];
    let goodSinceMs: number | undefined;
    const missing = async () => {
      const seen = await this.problemsOf(tier, nodes);
      if (seen.length > 0) {
        problems = seen;
        goodSinceMs = undefined;
        assertNoneHasEnded(capabilities, whatGotWorse(before, seen));
        return seen.map(({ text }) => text);
      }
      goodSinceMs ??= clock.nowMs();
      return clock.nowMs() - goodSinceMs < settleMs ? ['steady for some time'] : [];
    };
    try {
      await waitUntilNothingIsMissing(`healthy ${nodes.map(({ name }) => name).join(', ')}`, missing, {
        deadlineMs: traits.updatedWithinMs + settleMs,
        intervalMs: traits.lookIntervalMs,
        clock,
      });
      return [];
    } catch (error) {
      if (error instanceof DeadlineExceededError) return problems;
      throw error;
    }
  }

  private problemsOf(tier: Tier, nodes: Node[]): Promise<LabProblem[]> {
    return problemsOfNodes(this.cluster, this.lab, this.deployment, tier, nodes);
  }

  private async newImages({ images }: UpdateEntry): Promise<string[]> {
    const current = await this.deployment.currentImages(Object.keys(images));
    return Object.entries(images).flatMap(([image, id]) =>
      current[image] === id ? [] : [`image ${image}`, `- ${id}`, `+ ${current[image]}`],
    );
  }
}

/** How long it takes at most until a node's detectors have seen what is wrong with it, keepalived's scripts among them. */
function detectionMs({ profile }: Cluster, files: RenderedFiles): number {
  const { requestFall, requestIntervalMs, requestTimeoutMs } = profile.detection;
  const { fall, checkIntervalMs, checkTimeoutMs } = profile.haproxy;
  const scripts = [...files.values()].flatMap((text) => [...text.matchAll(/^vrrp_script\s+\S+\s*\{([^}]*)\}/gm)]);
  const scriptMs = scripts.map(([, script = '']) => {
    const setting = (name: string) => Number(new RegExp(`^\\s*${name}\\s+([\\d.]+)`, 'm').exec(script)?.[1] ?? 1);
    return 1000 * (setting('fall') * setting('interval') + setting('timeout'));
  });
  const requestMs = requestFall * (requestIntervalMs + requestTimeoutMs);
  return 2 * Math.max(requestMs, fall * (checkIntervalMs + checkTimeoutMs), ...scriptMs);
}

function complaint({ nodes }: UpdateEntry, changes: string[], { message }: Error): string {
  return [
    `${nodes.join(', ')}: worth less with this change; previous configuration restored, no further node touched`,
    ...changes.map((line) => `  ${line}`),
    ...message.split('\n').map((line) => `  worse: ${line.trim()}`),
  ].join('\n');
}
