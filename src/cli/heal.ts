import type { Command } from 'commander';
import { healFault } from '../drill/break-and-mend.js';
import { faultNamed } from '../drill/catalogue.js';
import { targetAt } from '../drill/fault.js';
import { untilHealthy } from '../lab/lab-problems.js';
import { assertInterrupted, type ContextSource } from './context.js';
import { LabCommand } from './lab-command.js';
import { step } from './steps.js';

export function healCommand(contextOf: ContextSource): Command {
  return new LabCommand('heal')
    .needs({ ownLab: true })
    .description('undo what an interrupted drill has left behind')
    .addHelpText('after', '\nExamples:\n  $ ./ha-demo heal\n  $ ./ha-demo --lab vms heal')
    .action(async () => {
      const context = contextOf();
      const { journal } = context;
      const entry = await journal.read();
      if (!entry) {
        console.log('No drill has left anything behind.');
        return;
      }
      assertInterrupted(entry);
      const { cluster, lab } = await context.labThatIsUp();
      for (const place of entry.faults) {
        const placed = { fault: faultNamed(place.fault), target: targetAt(cluster, place) };
        await step(`Heal ${place.fault} on ${place.node}`, () => healFault(lab, placed));
      }
      await step('Healthy lab', () => untilHealthy(cluster, lab));
      await journal.clear();
    });
}
