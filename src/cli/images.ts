import { glob, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import type { Images } from '../lab/compose/images.js';
import { projectFolder, theCluster, theEngine, theImages } from './context.js';
import { step } from './steps.js';

/** Virtual machines and other hosts have the images' files from here. */
const SAVED_IMAGES = join(projectFolder, '.ha-demo', 'images');

const BUILD_LOG = join(projectFolder, '.ha-demo', 'logs', 'build.log');

/** The images, built when their sources have changed. */
export async function currentImages(): Promise<Images> {
  const images = theImages(await theEngine());
  if (!(await images.areCurrent())) await step('Build the images', () => images.build(BUILD_LOG));
  return images;
}

export async function saveImages(images: Images): Promise<void> {
  await step('Save the images', () => images.save(SAVED_IMAGES));
}

export function imagesCommand(): Command {
  return new Command('images').description('the images for virtual machines and other hosts').addCommand(
    new Command('save')
      .description('build what has changed, and save the files of each image into a compressed archive')
      .addHelpText('after', '\nExamples:\n  $ ./ha-demo images save')
      .action(async () => {
        await theCluster();
        const images = await currentImages();
        await saveImages(images);
        for await (const archive of glob(join(SAVED_IMAGES, '*.tar.gz'))) {
          console.log(`${archive}, ${Math.round((await stat(archive)).size / 1e6)} MB`);
        }
      }),
  );
}
