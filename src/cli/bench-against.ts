import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArrangerSettings } from '../bench/arranger.js';
import { type Commit, exportCommit, forLabOf } from '../bench/other-commit.js';
import type { Cluster } from '../cluster/cluster.js';
import { CommitImages } from '../lab/compose/commit-images.js';
import type { Context } from './context.js';
import { projectFolder } from './settings.js';
import { step } from './steps.js';

/** A folder that containers may read. */
export async function benchFolder({ workspace }: Context): Promise<string> {
  const folder = join(workspace.stateFolder, 'bench');
  await mkdir(folder, { recursive: true });
  return folder;
}

/**
 * Builds the commit's images unless they are there, and renders its configuration for the lab.
 * @throws InvalidInputError when the commit does not take the lab's addresses and ports
 */
export async function prepareAgainst(
  commit: Commit,
  context: Context,
  cluster: Cluster,
): Promise<NonNullable<ArrangerSettings['against']>> {
  const { clusterFile, stateFolder } = context.workspace;
  const folder = join(await benchFolder(context), 'against', commit.name);
  const [sources, configurationFolder] = [join(folder, 'sources'), join(folder, 'configuration')];
  const images = new CommitImages(await context.engine(), commit.name);
  try {
    await exportCommit(projectFolder, commit, sources);
    if (!(await images.areThere())) {
      const log = join(stateFolder, 'logs', 'build-against.log');
      await step(`Build the images of ${commit.name}`, () => images.build(sources, log));
    }
    const from = { clusterFile: join(folder, 'cluster.yaml'), templatesFolder: join(sources, 'config-templates') };
    const [own, other] = await Promise.all(
      [clusterFile, join(sources, 'cluster.yaml')].map((file) => readFile(file, 'utf8')),
    );
    await writeFile(from.clusterFile, forLabOf(own!, other!));
    await step(`Render the configuration of ${commit.name}`, () =>
      images.render(cluster.name, from, configurationFolder),
    );
  } finally {
    await rm(sources, { recursive: true, force: true });
  }
  return {
    app: { image: images.service, configurationFolder },
    haproxy: { image: images.haproxy, configurationFolder },
  };
}
