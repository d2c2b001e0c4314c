import { Command } from 'commander';
import { ComposeProject } from '../lab/compose/compose-project.js';
import { updateJournal } from '../lab/compose/gated-update.js';
import { assertContainers, forgetDrills, theEngine, theLabName, workspace } from './context.js';
import { step } from './steps.js';

export function downCommand(): Command {
  return new Command('down')
    .description("remove the lab's containers, networks and volumes, and nothing else")
    .addHelpText(
      'after',
      '\nThe images stay; `docker image rm ha-demo/service ha-demo/haproxy ha-demo/keepalived` removes them.',
    )
    .action(async () => {
      assertContainers('vagrant destroy removes the machines');
      const project = new ComposeProject(await theEngine(), await theLabName(), workspace());
      const removed = await step('Remove the lab', () => project.remove());
      await forgetDrills(project);
      await updateJournal(workspace()).clear();
      const parts = Object.entries(removed).map(([kind, count]) => `${count} ${kind}`);
      console.log(
        Object.values(removed).some((count) => count > 0)
          ? `Removed ${parts.join(', ')}.`
          : `${project.name} is not up: nothing to remove.`,
      );
    });
}
