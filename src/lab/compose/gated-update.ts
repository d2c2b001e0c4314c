import { join } from 'node:path';
import type { Cluster, Node, Tier } from '../../cluster/cluster.js';
import { Journal } from '../../common/journal.js';
import { DeadlineExceededError, waitUntilNothingIsMissing } from '../../common/wait-until.js';
import type { RenderedFiles } from '../../rendering/render.js';
import { replaceFile } from '../../rendering/write.js';
import { assertNoneHasEnded, type LabProblem } from '../lab-problems.js';
import { whatGotWorse } from '../node-worth.js';
import type { Step } from '../step.js';
import { changedLines } from './changed-lines.js';
import type { ComposeLab } from './compose-lab.js';
import type { ComposeProject, Workspace } from './compose-project.js';
import type { NodeState } from './node-state.js';
import { type NodeUpdate, WORTH_WITHIN_MS } from './node-update.js';

/** What it takes to give nodes of a tier back what they ran on before an update. */
export interface UpdateEntry {
  tier: string;
  nodes: string[];
  /** Those of them that were not there before: to take the update back is to remove them. */
  newNodes: string[];
  /** What was wrong with them before, and with the tier's virtual IP. */
  problems: LabProblem[];
  /** Their rendered files, `nodes/{node}/{file}` -> content. */
  files: Record<string, string>;
  /** compose.yaml and the topology, path -> content. */
  composeFiles: Record<string, string>;
  /** Image -> id. */
  images: Record<string, string>;
}

/** Kept as long as there is something to take back. */
export function updateJournal({ stateFolder }: Workspace): Journal<UpdateEntry> {
  return new Journal(join(stateFolder, 'update.json'));
}

/**
 * An update of nodes that ends with nodes that are worth no less, or with the nodes as they were: previous files, images and
 * definitions. The journal has those before a node is touched, so that an interrupted update can be taken back, too.
 */
export class GatedUpdate {
  constructor(
    private readonly cluster: Cluster,
    private readonly project: ComposeProject,
    private readonly lab: ComposeLab,
    private readonly state: NodeState,
    private readonly nodeUpdate: NodeUpdate,
    private readonly journal: Journal<UpdateEntry>,
    private readonly step: Step,
  ) {}

  /**
   * @param nodes of the tier, in the order of their update; several only where they cannot differ
   * @param rendered what they are to run on
   * @param composeFiles what compose.yaml and the topology were before
   * @returns what is still wrong with them, and was before
   * @throws Error that says what got worse; the nodes are as before then
   */
  async apply(
    tier: Tier,
    nodes: Node[],
    rendered: RenderedFiles,
    composeFiles: Record<string, string>,
  ): Promise<LabProblem[]> {
    const before = await this.lookAt(tier, nodes, composeFiles);
    const after = new Map(
      [...rendered].filter(([path]) => nodes.some(({ name }) => path.startsWith(`nodes/${name}/`))),
    );
    const changes = [...changedLines(new Map(Object.entries(before.files)), after), ...(await this.newImages(before))];
    await this.journal.write(before);
    let remaining: LabProblem[];
    try {
      await this.project.publish(Object.fromEntries(after));
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

  /** Gives nodes back what they had before an update that was interrupted, if there was one. */
  async takeBackInterrupted(): Promise<void> {
    const entry = await this.journal.read();
    if (entry) await this.takeBack(entry);
  }

  private async lookAt(tier: Tier, nodes: Node[], composeFiles: Record<string, string>): Promise<UpdateEntry> {
    const existing = await this.lab.existingNodes();
    const entry: UpdateEntry = {
      tier: tier.name,
      nodes: nodes.map(({ name }) => name),
      newNodes: nodes.flatMap(({ name }) => (existing.includes(name) ? [] : [name])),
      problems: await this.state.problemsOf(tier, nodes),
      files: {},
      composeFiles,
      images: {},
    };
    for (const { name } of nodes) {
      Object.assign(entry.files, Object.fromEntries(await this.state.filesOf(name)));
      Object.assign(entry.images, await this.state.imagesOf(name));
    }
    return entry;
  }

  private async takeBack(entry: UpdateEntry, reason?: Error): Promise<void> {
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
    for (const [path, content] of Object.entries(entry.composeFiles)) await replaceFile(path, content);
    await this.project.useImages(entry.images);
    await this.project.publish(entry.files);
    const tier = this.cluster.tiers.find(({ name }) => name === entry.tier);
    const nodes = tier?.nodes.filter(({ name }) => entry.nodes.includes(name)) ?? [];
    for (const name of entry.nodes) {
      if (entry.newNodes.includes(name)) {
        await this.lab.stopNode(name);
        await this.project.removeNode(name);
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
    const settleMs = detectionMs(this.cluster, files);
    let problems: LabProblem[] = [];
    let goodSinceMs: number | undefined;
    const missing = async () => {
      const seen = await this.state.problemsOf(tier, nodes);
      if (seen.length > 0) {
        problems = seen;
        goodSinceMs = undefined;
        assertNoneHasEnded(whatGotWorse(before, seen));
        return seen.map(({ text }) => text);
      }
      goodSinceMs ??= performance.now();
      return performance.now() - goodSinceMs < settleMs ? ['steady for some time'] : [];
    };
    try {
      await waitUntilNothingIsMissing(`healthy ${nodes.map(({ name }) => name).join(', ')}`, missing, {
        deadlineMs: WORTH_WITHIN_MS + settleMs,
        intervalMs: 250,
      });
      return [];
    } catch (error) {
      if (error instanceof DeadlineExceededError) return problems;
      throw error;
    }
  }

  private async newImages({ images }: UpdateEntry): Promise<string[]> {
    const current = await this.project.currentImages(Object.keys(images));
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
