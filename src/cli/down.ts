import type { Command } from 'commander';
import { updateJournal } from '../lab/compose/gated-update.js';
import type { ContextSource } from './context.js';
import { LabCommand } from './lab-command.js';
import { step } from './steps.js';

export function downCommand(contextOf: ContextSource): Command {
  return new LabCommand('down')
    .needs({ containers: 'vagrant destroy removes the machines' })
    .description("remove the lab's containers, networks and volumes, and nothing else")
    .addHelpText(
      'after',
      '\nThe images stay; `docker image rm ha-demo/service ha-demo/haproxy ha-demo/keepalived` removes them.',
    )
    .action(async () => {
      const context = contextOf();
      const project = await context.project({ name: await context.labName() });
      const removed = await step('Remove the lab', () => project.remove());
      await context.forgetDrills(project);
      await updateJournal(context.workspace).clear();
      const parts = Object.entries(removed).map(([kind, count]) => `${count} ${kind}`);
      console.log(
        Object.values(removed).some((count) => count > 0)
          ? `Removed ${parts.join(', ')}.`
          : `${project.name} is not up: nothing to remove.`,
      );
    });
}
