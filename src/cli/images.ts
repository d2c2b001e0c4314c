import { glob, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import type { ContextSource } from './context.js';
import { LabCommand } from './lab-command.js';
import { SAVED_IMAGES } from './settings.js';
import { step } from './steps.js';

export function imagesCommand(contextOf: ContextSource): Command {
  return new Command('images').description('the images for virtual machines and other hosts').addCommand(
    new LabCommand('save')
      .needs({ engine: true })
      .description('build what has changed, and save the files of each image into a compressed archive')
      .addHelpText('after', '\nExamples:\n  $ ./ha-demo images save')
      .action(async () => {
        const context = contextOf();
        await context.cluster();
        const images = await context.images();
        await images.provide(step);
        await images.save(SAVED_IMAGES, step);
        for await (const archive of glob(join(SAVED_IMAGES, '*.tar.gz'))) {
          console.log(`${archive}, ${Math.round((await stat(archive)).size / 1e6)} MB`);
        }
      }),
  );
}
