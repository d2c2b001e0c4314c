import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InvalidInputError } from '../common/errors.js';
import { renderConfiguration, renderTopology } from '../rendering/render.js';
import { writeRendered } from '../rendering/write.js';
import type { ContextSource } from './context.js';
import { LabCommand } from './lab-command.js';

export function renderCommand(contextOf: ContextSource): Command {
  return new LabCommand('render')
    .needs({ ownLab: true })
    .description('render every configuration from cluster.yaml and the templates, and change nothing else')
    .option('--out <folder>', 'where to; the files that are there already are replaced', 'rendered')
    .addHelpText(
      'after',
      '\nExamples:\n  $ ./ha-demo render --out /tmp/before\n  $ vi config-templates/haproxy/haproxy.cfg.hbs\n  $ ./ha-demo render --out /tmp/after && diff -r /tmp/before /tmp/after',
    )
    .action(async ({ out }: { out: string }) => {
      const context = contextOf();
      const cluster = await context.cluster();
      const { templatesFolder } = context.workspace;
      const files = await renderConfiguration(cluster, templatesFolder);
      files.set('compose/topology.yaml', await renderTopology(cluster, templatesFolder));
      await writeRendered(resolve(out), files).catch((error: NodeJS.ErrnoException) => {
        throw new InvalidInputError(`--out: ${out} must be a folder that can be written to (${error.code})`);
      });
      for (const path of files.keys()) console.log(`${out}/${path}`);
    });
}
