import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { projectFolder, theCluster, theEngine, theImages } from './context.js';
import { step } from './steps.js';

/** Virtual machines and other hosts load the images from here. */
export const IMAGE_ARCHIVE = join(projectFolder, '.ha-demo', 'images', 'ha-demo-images.tar.gz');

export function imagesCommand(): Command {
  return new Command('images').description('the images for virtual machines and other hosts').addCommand(
    new Command('save')
      .description('build what has changed, and save the images into one compressed archive')
      .addHelpText('after', '\nExamples:\n  $ ./ha-demo images save')
      .action(async () => {
        await theCluster();
        const images = theImages(await theEngine());
        const log = (name: string) => join(projectFolder, '.ha-demo', 'logs', `${name}.log`);
        if (!(await images.areCurrent())) await step('Build the images', () => images.build(log('build')));
        await step('Save the images', () => images.save(IMAGE_ARCHIVE, log('save')));
        const { size } = await stat(IMAGE_ARCHIVE);
        console.log(`${IMAGE_ARCHIVE}, ${Math.round(size / 1e6)} MB`);
      }),
  );
}
