import type { Cluster, Node } from '../../cluster/cluster.js';
import { waitUntilNothingIsMissing } from '../../common/wait-until.js';
import { SERVICE_NAMES, type ServiceName } from '../../node/contract.js';
import { assertNoneHasEnded, type LabProblem, labProblems } from '../lab-problems.js';
import type { Step } from '../step.js';
import type { ComposeLab } from './compose-lab.js';
import type { ComposeProject } from './compose-project.js';

/** Within this time a node that an update does no harm is worth as much as before. */
export const WORTH_WITHIN_MS = 20_000;

/** The Compose services of a node, its own first. */
export function containersOf({ name }: Pick<Node, 'name'>): string[] {
  return [name, ...SERVICE_NAMES.map((service) => `${name}-${service}`)];
}

/** Makes one node run on what is rendered for it, and on the images and definitions of the moment. */
export class NodeUpdate {
  constructor(
    private readonly cluster: Cluster,
    private readonly project: ComposeProject,
    private readonly lab: ComposeLab,
    private readonly step: Step,
  ) {}

  /**
   * @param tolerates a problem that need not be gone before the next service's turn
   * @throws Error when a service that it has started ends, or does not work in time
   */
  async update(node: string, tolerates: (problem: LabProblem) => boolean): Promise<void> {
    const outdated = await this.project.outdatedServices();
    const exists = (await this.lab.existingNodes()).includes(node);
    const observation = (await this.lab.observe()).find((candidate) => candidate.node === node);
    if (outdated.includes(node) || observation?.power !== 'on') {
      await this.step(`${exists ? 'Renew' : 'Start'} ${node}`, async () => {
        if (exists) await this.lab.stopNode(node);
        await this.project.compose(node, ['up', '--detach', '--no-deps', ...containersOf({ name: node })]);
        for (const service of SERVICE_NAMES) await this.untilWorking(node, service, tolerates);
      });
      return;
    }
    const { stale } = (await this.lab.configurationOf(node)) ?? { stale: SERVICE_NAMES };
    for (const service of SERVICE_NAMES) {
      if (outdated.includes(`${node}-${service}`) || observation.services[service] !== 'up') {
        await this.step(`Renew ${service} on ${node}`, async () => {
          await this.lab.renewService(node, service);
          await this.untilWorking(node, service, tolerates);
        });
      } else if (stale.includes(service)) {
        await this.step(`Reload ${service} on ${node}`, async () => {
          await this.reload(node, service);
          await this.untilWorking(node, service, tolerates);
        });
      }
    }
  }

  /** HAProxy reloads without a stop; the others stop and start, which loses nothing either. */
  private async reload(node: string, service: ServiceName): Promise<void> {
    if (service === 'haproxy') {
      await this.lab.reloadHaproxy(node);
    } else {
      await this.lab.stopService(node, service);
      await this.lab.startService(node, service);
    }
  }

  /** @throws Error at once when the service has ended */
  private untilWorking(node: string, service: ServiceName, tolerates: (problem: LabProblem) => boolean): Promise<void> {
    const missing = async () => {
      const problems = labProblems(this.cluster, await this.lab.observe()).filter(
        (problem) => problem.node === node && problem.service === service && !tolerates(problem),
      );
      assertNoneHasEnded(problems);
      return problems.map(({ text }) => text);
    };
    return waitUntilNothingIsMissing(`${service} on ${node}`, missing, { deadlineMs: WORTH_WITHIN_MS });
  }
}
