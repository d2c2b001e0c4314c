import type { Cluster } from '../../cluster/cluster.js';
import { waitUntilNothingIsMissing } from '../../common/wait-until.js';
import { SERVICE_NAMES, type ServiceName } from '../../node/contract.js';
import type { Lab } from '../lab.js';
import { assertNoneHasEnded, type LabProblem, labProblems } from '../lab-problems.js';
import type { Step } from '../step.js';
import type { NodeDeployment } from './deployment.js';

/** Makes one node run on what is installed for it, and on the images and definitions of the moment. */
export class NodeUpdate {
  constructor(
    private readonly cluster: Cluster,
    private readonly lab: Lab,
    private readonly deployment: NodeDeployment,
    private readonly step: Step,
  ) {}

  /**
   * @param tolerates a problem that need not be gone before the next service's turn
   * @throws Error when a service that it has started ends, or does not work in time
   */
  async update(node: string, tolerates: (problem: LabProblem) => boolean): Promise<void> {
    const outdated = (await this.deployment.outdatedParts()).filter((part) => part.node === node);
    const exists = (await this.deployment.existingNodes()).includes(node);
    const observation = (await this.lab.observe()).find((candidate) => candidate.node === node);
    const isOutdated = (service?: ServiceName) => outdated.some((part) => part.service === service);
    if (isOutdated() || observation?.power !== 'on') {
      await this.step(`${exists ? 'Renew' : 'Start'} ${node}`, async () => {
        await this.deployment.renewNode(node);
        for (const service of SERVICE_NAMES) await this.untilWorking(node, service, tolerates);
      });
      return;
    }
    const { stale } = (await this.deployment.configurationOf(node)) ?? { stale: SERVICE_NAMES };
    for (const service of SERVICE_NAMES) {
      if (isOutdated(service) || observation.services[service] !== 'up') {
        await this.step(`${exists ? 'Renew' : 'Start'} ${service} on ${node}`, async () => {
          await this.deployment.renewService(node, service);
          await this.untilWorking(node, service, tolerates);
        });
      } else if (stale.includes(service)) {
        await this.step(`${service === 'haproxy' ? 'Reload' : 'Restart'} ${service} on ${node}`, async () => {
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

  /** @throws Error at once when the service has ended, where it does not come back by itself */
  private untilWorking(node: string, service: ServiceName, tolerates: (problem: LabProblem) => boolean): Promise<void> {
    const { traits, capabilities, clock } = this.lab;
    const missing = async () => {
      const problems = labProblems(this.cluster, await this.lab.observe()).filter(
        (problem) => problem.node === node && problem.service === service && !tolerates(problem),
      );
      assertNoneHasEnded(capabilities, problems);
      return problems.map(({ text }) => text);
    };
    return waitUntilNothingIsMissing(`${service} on ${node}`, missing, {
      deadlineMs: traits.updatedWithinMs,
      intervalMs: traits.lookIntervalMs,
      clock,
    });
  }
}
