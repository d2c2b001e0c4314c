import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Document, parseDocument } from 'yaml';
import { loadCluster } from '../cluster/load-cluster.js';
import { bringUp } from '../lab/compose/bring-up.js';
import { ComposeLab } from '../lab/compose/compose-lab.js';
import { ComposeProject, type Workspace, workspaceAt } from '../lab/compose/compose-project.js';
import { assertContainers, type LabInUse, theEngine, theImages, theLab, workspace } from './context.js';
import { step } from './steps.js';

export interface EditedLab {
  /** The folder of its copy is named like that. */
  name: string;
  edit: (clusterYaml: Document) => void;
}

/**
 * Does something on the lab after each of the edits: it is started anew from a copy of what it is made of, since routers
 * of different settings may not understand each other. In the end it runs cluster.yaml again, which stays as it is.
 */
export async function onEditedLabs(
  labs: EditedLab[],
  action: (lab: LabInUse, name: string) => Promise<void>,
): Promise<void> {
  if (labs.length === 0) return;
  assertContainers('its machines run cluster.yaml as it is');
  try {
    for (const { name, edit } of labs) await action(await startAnew(await editedCopy(name, edit)), name);
  } finally {
    await startAnew(workspace());
  }
}

async function startAnew(files: Workspace): Promise<LabInUse> {
  const [cluster, engine, own] = [await loadCluster(files.clusterFile), await theEngine(), await theLab()];
  const project = new ComposeProject(engine, cluster.name, files);
  await step('Take the lab down', () => project.remove());
  await bringUp(engine, cluster, files, theImages(engine), step);
  return { ...own, cluster, lab: new ComposeLab(engine, cluster, project) };
}

/** A workspace of its own, beside the one that it copies. */
export async function editedCopy(name: string, edit: EditedLab['edit']): Promise<Workspace> {
  const { folder, stateFolder, clusterFile } = workspace();
  const copy = join(stateFolder, 'edited', name);
  await mkdir(copy, { recursive: true });
  for (const part of ['config-templates', 'compose.yaml', 'compose', 'docker/no-extra-ca.pem'])
    await cp(join(folder, part), join(copy, part), { recursive: true });
  const document = parseDocument(await readFile(clusterFile, 'utf8'));
  edit(document);
  await writeFile(join(copy, 'cluster.yaml'), String(document));
  return workspaceAt(copy);
}
