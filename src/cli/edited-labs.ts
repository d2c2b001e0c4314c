import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { bringUp } from '../lab/update/bring-up.js';
import { type Workspace, workspaceAt } from '../lab/compose/compose-project.js';
import type { EditedLab, LabSource } from '../session/open-lab.js';
import type { Context } from './context.js';
import { step } from './steps.js';

/**
 * The lab of a context, and what cluster.yaml makes of it with edits: it is started anew from a copy of what it is made of,
 * since routers of different settings may not understand each other. cluster.yaml itself stays as it is.
 */
export function labSourceOf(context: Context): LabSource {
  return {
    open: () => context.labThatIsUp(),
    onEdited: async (labs, action) => {
      if (labs.length === 0) return;
      context.assertContainers('its machines run cluster.yaml as it is');
      try {
        for (const { name, edit } of labs) {
          const { folder } = await editedCopy(context.workspace, name, edit);
          const edited = context.with({ workspaceFolder: folder });
          await startAnew(edited);
          // What it leaves broken is known where `heal` looks for it.
          await action({ ...(await edited.lab()), journal: context.journal }, name);
        }
      } finally {
        await startAnew(context);
      }
    },
  };
}

async function startAnew(context: Context): Promise<void> {
  const order = await context.updateOrder();
  const project = await context.project(order.cluster);
  await step('Take the lab down', () => project.remove());
  await bringUp(order, step);
}

/** A workspace of its own, beside the one that it copies. */
export async function editedCopy(of: Workspace, name: string, edit: EditedLab['edit']): Promise<Workspace> {
  const copy = join(of.stateFolder, 'edited', name);
  await mkdir(copy, { recursive: true });
  for (const part of ['config-templates', 'compose.yaml', 'compose', 'docker/no-extra-ca.pem'])
    await cp(join(of.folder, part), join(copy, part), { recursive: true });
  const document = parseDocument(await readFile(of.clusterFile, 'utf8'));
  edit(document);
  await writeFile(join(copy, 'cluster.yaml'), String(document));
  return workspaceAt(copy);
}
