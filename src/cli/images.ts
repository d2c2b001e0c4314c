import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import type { Images } from '../lab/compose/images.js';
import { projectFolder, theCluster, theEngine, theImages } from './context.js';
import { step } from './steps.js';

/** Virtual machines and other hosts load the images from here. */
const IMAGE_ARCHIVE = join(projectFolder, '.ha-demo', 'images', 'ha-demo-images.tar.gz');

const log = (name: string) => join(projectFolder, '.ha-demo', 'logs', `${name}.log`);

/** The images, built when their sources have changed. */
export async function currentImages(): Promise<Images> {
  const images = theImages(await theEngine());
  if (!(await images.areCurrent())) await step('Build the images', () => images.build(log('build')));
  return images;
}

export async function saveImages(images: Images): Promise<void> {
  await step('Save the images', () => images.save(IMAGE_ARCHIVE, log('save')));
}

export function imagesCommand(): Command {
  return new Command('images').description('the images for virtual machines and other hosts').addCommand(
    new Command('save')
      .description('build what has changed, and save the images into one compressed archive')
      .addHelpText('after', '\nExamples:\n  $ ./ha-demo images save')
      .action(async () => {
        await theCluster();
        const images = await currentImages();
        await saveImages(images);
        const { size } = await stat(IMAGE_ARCHIVE);
        console.log(`${IMAGE_ARCHIVE}, ${Math.round(size / 1e6)} MB`);
      }),
  );
}
