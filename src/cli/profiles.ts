import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import type { ProfileName } from '../cluster/cluster-file.js';
import { loadCluster } from '../cluster/load-cluster.js';
import { bringUp } from '../lab/compose/bring-up.js';
import { ComposeLab } from '../lab/compose/compose-lab.js';
import { ComposeProject, type Workspace, workspaceAt } from '../lab/compose/compose-project.js';
import { assertContainers, type LabInUse, theEngine, theImages, theLab, workspace } from './context.js';
import { step } from './steps.js';

/**
 * Does something on the lab under each of the profiles. The lab is started anew for one that is not cluster.yaml's own, since
 * routers of different profiles may not understand each other; in the end it runs cluster.yaml again, which stays as it is.
 */
export async function underProfiles(names: ProfileName[], action: (lab: LabInUse) => Promise<void>): Promise<void> {
  const own = await theLab();
  await own.assertUp();
  const others = names.filter((name) => name !== own.cluster.profileName);
  if (others.length > 0) {
    assertContainers('its machines run the profile of cluster.yaml');
    try {
      for (const name of others) await action(await startAnew(await copyWithProfile(name)));
    } finally {
      await startAnew(workspace());
    }
  }
  if (names.includes(own.cluster.profileName)) await action(own);
}

async function startAnew(files: Workspace): Promise<LabInUse> {
  const [cluster, engine, own] = [await loadCluster(files.clusterFile), await theEngine(), await theLab()];
  await step('Take the lab down', () => new ComposeProject(engine, cluster.name, files).remove());
  await bringUp(engine, cluster, files, theImages(engine), step);
  return { ...own, cluster, lab: new ComposeLab(engine, cluster) };
}

/** All that a lab is made of, with another profile. */
async function copyWithProfile(name: ProfileName): Promise<Workspace> {
  const { folder, stateFolder, clusterFile } = workspace();
  const copy = join(stateFolder, 'profiles', name);
  await mkdir(copy, { recursive: true });
  for (const part of ['config-templates', 'compose.yaml', 'compose', 'docker/no-extra-ca.pem'])
    await cp(join(folder, part), join(copy, part), { recursive: true });
  const document = parseDocument(await readFile(clusterFile, 'utf8'));
  document.set('profile', name);
  await writeFile(join(copy, 'cluster.yaml'), String(document));
  return workspaceAt(copy);
}
