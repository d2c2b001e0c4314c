import { Command } from 'commander';
import { InvalidInputError } from '../common/errors.js';
import type { Context, ContextSource } from './context.js';
import { step } from './steps.js';

export function downCommand(contextOf: ContextSource): Command {
  return new Command('down')
    .description(
      "remove the lab's containers, networks and volumes, or what `up` has installed on hosts, and nothing else",
    )
    .addHelpText(
      'after',
      '\nThe images stay; `docker image rm ha-demo/service ha-demo/haproxy ha-demo/keepalived` removes them. Packages stay on hosts.',
    )
    .action(async () => {
      const context = contextOf();
      if (context.unmanaged) throw new InvalidInputError(`--lab: hosts is not for down: ${context.unmanaged.because}`);
      if (!context.keptPair && context.settings.labKind !== 'containers') {
        const removeNodes = await context.takeDownOfHosts();
        await removeNodes(step);
        await context.forgetDrills({});
        await context.updateJournal.clear();
        return;
      }
      const { name, removed } = await takeDown(context);
      const parts = Object.entries(removed).map(
        ([kind, count]) => `${count} ${count === 1 ? kind.replace(/s$/, '') : kind}`,
      );
      console.log(
        Object.values(removed).some((count) => count > 0)
          ? `Removed ${parts.join(', ')}.`
          : `${name} is not up: nothing to remove.`,
      );
    });
}

/** Removes a lab in containers, and what is remembered of what was done to it. @returns how many of what were removed */
export async function takeDown(context: Context): Promise<{ name: string; removed: Record<string, number> }> {
  if (context.keptPair) {
    const pair = await context.keptPair.project();
    return { name: pair.name, removed: await step('Remove the pair', () => pair.remove()) };
  }
  const name = await context.labName();
  const project = await context.project({ name });
  const removed = await step('Remove the lab', () => project.remove());
  await context.forgetDrills(project);
  await context.updateJournal.clear();
  return { name, removed };
}
