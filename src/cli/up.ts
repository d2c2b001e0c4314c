import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { Cluster } from '../cluster/cluster.js';
import { InvalidInputError } from '../common/errors.js';
import { bringUp } from '../lab/update/bring-up.js';
import type { ContextSource } from './context.js';
import { LabCommand } from './lab-command.js';
import { step } from './steps.js';
import { reachesLan } from './target.js';

export function upCommand(contextOf: ContextSource): Command {
  return new LabCommand('up')
    .needs({ engine: true, alone: true, ownLab: true })
    .option('-y, --yes', 'change hosts of your own that have not been nodes before without asking', false)
    .description('start the lab, or bring a running one up to date with cluster.yaml and the templates')
    .addHelpText(
      'after',
      `
What runs is brought up to date node by node, without losing a request. What does not validate changes nothing, and a node
that is worth less with the change gets its previous configuration back. \`vagrant up\` and \`vagrant provision\` call it
for the virtual machines.

Examples:
  $ ./ha-demo up
  $ sed -i 's/advertisementIntervalMs: 20/advertisementIntervalMs: 50/' cluster.yaml && ./ha-demo up`,
    )
    .action(async ({ yes }: { yes: boolean }) => {
      const context = contextOf();
      const startedAt = performance.now();
      const order = await context.updateOrder(yes ? async () => {} : askAPerson);
      const { cluster, deployment } = order;
      await deployment.assertUsable(step);
      if ((await deployment.existingNodes()).length > 0) await context.assertHealed();
      else await context.forgetDrills(cluster.hosting === 'containers' ? await context.project(cluster) : {});
      const changed = await bringUp(order, step);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      console.log(
        changed
          ? `\n${cluster.name} is up, ${seconds} s.\n`
          : `${cluster.name} is up already, and up to date: nothing to do.\n`,
      );
      const direct = await reachesLan(context, cluster);
      for (const line of addresses(cluster, direct)) console.log(line);
      const lab = cluster.hosting === 'machines' ? ` --lab ${context.settings.labKind}` : '';
      console.log(
        `\nNext: ./ha-demo${lab} console, a page to watch it and to break it; or ./ha-demo${lab} status, ./ha-demo${lab} kill haproxy frontend-01`,
      );
    });
}

/** @throws InvalidInputError when there is nobody to ask, or the answer is not yes */
async function askAPerson(lines: string[]): Promise<void> {
  const changes = lines.map((line) => `  ${line}`).join('\n');
  if (!process.stdin.isTTY)
    throw new InvalidInputError(`these hosts have not been nodes before, say --yes to change them:\n${changes}`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(
    `These hosts have not been nodes before, and are changed:\n${changes}\nGo on? [y/N] `,
  );
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new InvalidInputError('nothing has been changed');
}

/** Where each tier and its statistics are: on the LAN, and where the lab is in containers at ports of this host. */
function addresses({ tiers, ports, hosting }: Cluster, direct: boolean): string[] {
  return tiers.flatMap(({ name, virtualRouter: { virtualIp }, published }) => {
    const path = name === 'frontend' ? '/' : '/backend';
    const line = (label: string, tier: string, statistics: string) =>
      `  ${label.padEnd(9)} http://${tier}${path}`.padEnd(44) + `statistics http://${statistics}/`;
    const onLan = direct || hosting === 'machines' ? [line(name, virtualIp, `${virtualIp}:${ports.statistics}`)] : [];
    if (hosting === 'machines') return onLan;
    const label = onLan.length > 0 ? '' : name;
    return [...onLan, line(label, `localhost:${published.tier}`, `localhost:${published.statistics}`)];
  });
}
