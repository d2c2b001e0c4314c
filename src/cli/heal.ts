import type { Command } from 'commander';
import { healLeft } from '../session/heal-left.js';
import { assertInterrupted, type ContextSource } from './context.js';
import { LabCommand } from './lab-command.js';
import { step } from './steps.js';

export function healCommand(contextOf: ContextSource): Command {
  return new LabCommand('heal')
    .description('undo what an interrupted drill has left behind')
    .addHelpText('after', '\nExamples:\n  $ ./ha-demo heal\n  $ ./ha-demo --lab hosts heal')
    .action(async () => {
      const context = contextOf();
      const { journal } = context;
      const entry = await journal.read();
      if (!entry) {
        console.log('No drill has left anything behind.');
        return;
      }
      assertInterrupted(entry);
      await healLeft(await context.labThatIsUp(), entry, step);
    });
}
