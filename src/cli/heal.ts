import { Command } from 'commander';
import { faultNamed } from '../drill/catalogue.js';
import { healFault } from '../drill/drill-runner.js';
import { targetAt } from '../drill/fault.js';
import { untilHealthy } from '../lab/lab-problems.js';
import { assertInterrupted, theJournal, theLab } from './context.js';
import { step } from './steps.js';

export function healCommand(): Command {
  return new Command('heal')
    .description('undo what an interrupted drill has left behind')
    .addHelpText('after', '\nExamples:\n  $ ./ha-demo heal\n  $ ./ha-demo --lab vms heal')
    .action(async () => {
      const journal = theJournal();
      const entry = await journal.read();
      if (!entry) {
        console.log('No drill has left anything behind.');
        return;
      }
      assertInterrupted(entry);
      const { cluster, lab, assertUp } = await theLab();
      await assertUp();
      const fault = faultNamed(entry.fault);
      const target = targetAt(cluster, entry);
      await step(`Heal ${fault.name} on ${entry.node}`, () => healFault(lab, fault, target));
      await step('Healthy lab', () => untilHealthy(cluster, lab));
      await journal.clear();
    });
}
