import { Command } from 'commander';
import { nodeNamed } from '../cluster/cluster.js';
import { waitUntilNothingIsMissing } from '../common/wait-until.js';
import { labProblems } from '../lab/lab-problems.js';
import type { OpenLab } from '../session/open-lab.js';
import { type ContextSource, serviceNamed } from './context.js';
import { step } from './steps.js';

/* stop, start, restart and kill: of a service on a node, or of a whole node. */

type Target = OpenLab & { node: string; what: string };

export function stopCommand(contextOf: ContextSource): Command {
  return control(
    contextOf,
    'stop',
    'stop a service or a node as planned: nothing is lost',
    ['haproxy frontend-01', 'node backend-02'],
    stop,
  );
}

export function startCommand(contextOf: ContextSource): Command {
  return control(
    contextOf,
    'start',
    'start it again, and wait until it works',
    ['haproxy frontend-01', 'node backend-02'],
    start,
  );
}

export function restartCommand(contextOf: ContextSource): Command {
  return control(contextOf, 'restart', 'stop and start', ['app backend-01'], async (target) => {
    await stop(target);
    await start(target);
  });
}

export function killCommand(contextOf: ContextSource): Command {
  return control(
    contextOf,
    'kill',
    'crash a service (SIGKILL), or pull the plug of a node',
    ['haproxy frontend-01', 'node frontend-01'],
    kill,
  );
}

function control(
  contextOf: ContextSource,
  name: string,
  description: string,
  examples: string[],
  action: (target: Target) => Promise<void>,
): Command {
  return new Command(name)
    .description(description)
    .argument('<what>', 'haproxy, keepalived, app or node')
    .argument('<node>', 'name of a node, such as frontend-01')
    .addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ ./ha-demo ${name} ${example}`).join('\n')}`)
    .action(async (what: string, nodeName: string) => {
      if (what !== 'node') serviceNamed(what, ['node']);
      const context = contextOf();
      const node = nodeNamed(await context.cluster(), nodeName).name;
      await action({ ...(await context.labThatIsUp()), what, node });
    });
}

function stop({ what, node, lab }: Target): Promise<void> {
  return step(`Stop ${what === 'node' ? node : `${what} on ${node}`}`, () =>
    what === 'node' ? lab.stopNode(node) : lab.stopService(node, serviceNamed(what)),
  );
}

function kill({ what, node, lab }: Target): Promise<void> {
  return step(`Kill ${what === 'node' ? node : `${what} on ${node}`}`, () =>
    what === 'node' ? lab.killNode(node) : lab.killService(node, serviceNamed(what)),
  );
}

function start({ what, node, cluster, lab, problemsOf }: Target): Promise<void> {
  return step(`Start ${what === 'node' ? node : `${what} on ${node}`}`, async () => {
    await (what === 'node' ? lab.startNode(node) : lab.startService(node, serviceNamed(what)));
    // What is broken elsewhere is not this command's to wait for.
    const missing = async () => {
      const seen = await lab.observe();
      const own = `${node}: ${what === 'node' ? '' : `${what} `}`;
      if (problemsOf) return problemsOf(seen).filter((text) => text.startsWith(own));
      return labProblems(cluster, seen).flatMap((problem) =>
        problem.node === node && (what === 'node' || problem.service === what) ? [problem.text] : [],
      );
    };
    await waitUntilNothingIsMissing(`${node} works`, missing, {
      deadlineMs: lab.traits.startedWithinMs,
      intervalMs: lab.traits.lookIntervalMs,
    });
  });
}
