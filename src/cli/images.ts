import { glob, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import type { Images } from '../lab/compose/images.js';
import type { Context, ContextSource } from './context.js';
import { LabCommand } from './lab-command.js';
import { projectFolder } from './settings.js';
import { step } from './steps.js';

/** Virtual machines and other hosts have the images' files from here. */
const SAVED_IMAGES = join(projectFolder, '.ha-demo', 'images');

const BUILD_LOG = join(projectFolder, '.ha-demo', 'logs', 'build.log');

/** The images, built when their sources have changed. */
export async function currentImages(context: Context): Promise<Images> {
  const images = await context.images();
  if (!(await images.areCurrent())) await step('Build the images', () => images.build(BUILD_LOG));
  return images;
}

export async function saveImages(images: Images): Promise<void> {
  await step('Save the images', () => images.save(SAVED_IMAGES));
}

export function imagesCommand(contextOf: ContextSource): Command {
  return new Command('images').description('the images for virtual machines and other hosts').addCommand(
    new LabCommand('save')
      .needs({ engine: true })
      .description('build what has changed, and save the files of each image into a compressed archive')
      .addHelpText('after', '\nExamples:\n  $ ./ha-demo images save')
      .action(async () => {
        const context = contextOf();
        await context.cluster();
        const images = await currentImages(context);
        await saveImages(images);
        for await (const archive of glob(join(SAVED_IMAGES, '*.tar.gz'))) {
          console.log(`${archive}, ${Math.round((await stat(archive)).size / 1e6)} MB`);
        }
      }),
  );
}
