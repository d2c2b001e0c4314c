import type { Command } from 'commander';
import { bringUp } from '../lab/compose/bring-up.js';
import type { ContextSource } from './context.js';
import { LabCommand } from './lab-command.js';
import { step } from './steps.js';
import { hostReachesLan } from './target.js';

export function upCommand(contextOf: ContextSource): Command {
  return new LabCommand('up')
    .needs({
      containers: 'vagrant up starts the machines, vagrant provision brings them up to date',
      engine: true,
      alone: true,
    })
    .description('start the lab, or bring a running one up to date with cluster.yaml and the templates')
    .addHelpText(
      'after',
      `
What runs is brought up to date node by node, without losing a request. What does not validate changes nothing.

Examples:
  $ ./ha-demo up
  $ sed -i 's/advertisementIntervalMs: 20/advertisementIntervalMs: 50/' cluster.yaml && ./ha-demo up`,
    )
    .action(async () => {
      const context = contextOf();
      const startedAt = performance.now();
      const cluster = await context.cluster();
      const project = await context.project(cluster);
      const exists = (await project.containers()).length > 0;
      await (exists ? context.assertHealed() : context.forgetDrills(project));
      const changed = await bringUp(await context.engine(), cluster, context.workspace, await context.images(), step);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      console.log(
        changed
          ? `\n${cluster.name} is up, ${seconds} s.`
          : `${cluster.name} is up already, and up to date: nothing to do.`,
      );

      const direct = await hostReachesLan(cluster, project);
      console.log();
      for (const tier of cluster.tiers) {
        const { virtualIp } = tier.virtualRouter;
        const { tier: port, statistics } = tier.published;
        const path = tier.name === 'frontend' ? '/' : '/backend';
        if (direct)
          console.log(
            `  ${tier.name.padEnd(9)} http://${virtualIp}${path}`.padEnd(44) +
              `statistics http://${virtualIp}:${cluster.ports.statistics}/`,
          );
        console.log(
          `  ${direct ? ''.padEnd(9) : tier.name.padEnd(9)} http://localhost:${port}${path}`.padEnd(44) +
            `statistics http://localhost:${statistics}/`,
        );
      }
      console.log(
        '\nNext: ./ha-demo status, ./ha-demo watch, and in a second terminal ./ha-demo kill haproxy frontend-01',
      );
    });
}
