import { randomInt } from 'node:crypto';
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Document } from 'yaml';
import { type Cluster, nodesOf } from '../cluster/cluster.js';
import { TIER_NAMES, type TierName } from '../cluster/cluster-file.js';
import { InvalidInputError } from '../common/errors.js';
import { type DrillReport, FAULT_TAGS, type FaultTag } from '../drill/drill-report.js';
import { parseLoad, wholeNumber } from '../probe/probe-arguments.js';
import type { NodeSuspension } from '../lab/fault-ports.js';
import type { LabObserver } from '../lab/lab.js';
import { untilHealthy } from '../lab/lab-problems.js';
import { parityMarkdown } from '../report/parity.js';
import { writeParity } from '../report/report-files.js';
import type { CampaignOrder } from '../session/campaign.js';
import { chooseDrills } from '../session/choose-drills.js';
import { bringUp } from '../lab/update/bring-up.js';
import type { Context, ContextSource } from './context.js';
import { LabCommand } from './lab-command.js';
import { takeDown } from './down.js';
import { editedCopy } from './edited-labs.js';
import { INTERRUPTED_EXIT_CODE, interruptible } from './interruption.js';
import { thisMachine } from './machine.js';
import { showCampaign } from './show-campaign.js';
import { step } from './steps.js';

interface Options {
  tier?: TierName;
  tag?: FaultTag;
  runs: string;
  rate: string;
  timeout: string;
  keepAlive: string;
  network: string;
  out: string;
}

export function parityCommand(contextOf: ContextSource): Command {
  return new LabCommand('parity')
    .needs({ engine: true, ownLab: true })
    .description(
      'the same drills on the machines of `vagrant up`, or on hosts of your own, and in containers, side by side',
    )
    .argument('[fault]', 'one fault of the catalogue (default: all of them)')
    .addOption(new Option('--tier <tier>', 'one tier only').choices(TIER_NAMES))
    .addOption(new Option('--tag <tag>', 'one kind of faults only').choices(FAULT_TAGS))
    .option('--runs <n>', 'how often each', '5')
    .option('--rate <n>', 'requests per second, in both labs', '20')
    .option('--timeout <duration>', 'when a client gives up', '5s')
    .option('--keep-alive <n>', 'connections that are kept busy beside them', '2')
    .option('--network <network>', 'of the containers, whose LAN must not be that of the machines', '192.168.90')
    .option('--out <folder>', 'where to write parity.html, parity.md, and the reports of both labs', 'parity')
    .addHelpText(
      'after',
      '\nThe machines are suspended while the containers are drilled, so that they do not disturb.\n\nExamples:\n  $ vagrant up && ./ha-demo parity --tag crash --tier backend\n  $ ./ha-demo --lab hosts parity kill-haproxy --tier backend',
    )
    .action(async (faultName: string | undefined, options: Options) => {
      const { ratePerSecond, timeoutMs, keepAlive } = parseLoad({
        ...{ rate: options.rate, timeout: options.timeout, 'keep-alive': options.keepAlive },
      });
      const choice = {
        faultName,
        tier: options.tier,
        tag: options.tag,
        runs: wholeNumber('--runs', options.runs, 1, 1000),
      };
      if (!/^\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(options.network))
        throw new InvalidInputError(
          `--network: ${options.network} must be the first three numbers of a /24, such as 192.168.90`,
        );
      const context = contextOf();
      const hosts = context.settings.labKind === 'hosts' ? context : context.with({ labKind: 'vms' });
      const { cluster, lab } = await hosts.labThatIsUp();
      chooseDrills(cluster, choice);
      await hosts.assertHealed();
      const copy = await editedCopy(hosts.workspace, 'parity', (document) =>
        moveLan(document, cluster, options.network),
      );
      const containers = hosts.with({ labKind: 'containers', workspaceFolder: copy.folder });
      const order = {
        choice,
        // Budgets are for `drill` alone.
        ...{ profiles: [cluster.profileName], budgets: {}, seed: randomInt(2 ** 32), machine: thisMachine() },
        load: { ratePerSecond, timeoutMs, keepAliveConnections: keepAlive.connections, downloads: 0 },
      };
      const out = resolve(options.out);
      await interruptible(async (signal) => {
        const onHosts = await drill(hosts, order, join(out, hosts.settings.labKind), signal);
        const drillContainers = () =>
          whileUp(containers, () => drill(containers, order, join(out, 'containers'), signal));
        // Machines of this host take its processors.
        const inContainers = await (lab.capabilities.suspendsNodes
          ? whileSuspended(cluster, lab, drillContainers)
          : drillContainers());
        const report = { containers: inContainers, hosts: onHosts };
        console.log(parityMarkdown(report));
        for (const file of await writeParity(out, report)) console.log(file);
      }).catch((error: Error) => {
        if (error.name !== 'AbortError') throw error;
        console.error('ha-demo: interrupted; what was suspended is resumed');
        process.exitCode = INTERRUPTED_EXIT_CODE;
      });
    });
}

/** @throws what has ended the drills early; the report of those that ran is in the folder all the same */
async function drill(context: Context, order: CampaignOrder, out: string, signal: AbortSignal): Promise<DrillReport> {
  const { report, interruption, failure } = await showCampaign(context, order, { out }, signal);
  if (failure) throw failure;
  if (interruption) throw interruption;
  return report;
}

/** Starts the lab of a context, and removes it in the end. */
async function whileUp<Result>(context: Context, action: () => Promise<Result>): Promise<Result> {
  const cluster = await context.cluster();
  await context.forgetDrills(await context.project(cluster));
  try {
    await bringUp(await context.updateOrder(), step);
    return await action();
  } finally {
    await takeDown(context);
  }
}

async function whileSuspended<Result>(
  cluster: Cluster,
  lab: NodeSuspension & LabObserver,
  action: () => Promise<Result>,
): Promise<Result> {
  const nodes = nodesOf(cluster).map(({ name }) => name);
  try {
    await step('Suspend the machines', async () => {
      for (const node of nodes) await lab.suspendNode(node);
    });
    return await action();
  } finally {
    await step('Resume the machines', async () => {
      for (const node of nodes) await lab.resumeNode(node);
      await untilHealthy(cluster, lab);
    });
  }
}

/** Another network, the same hosts in it; and another name. */
function moveLan(document: Document, cluster: Cluster, network: string): void {
  const [own] = /^\d+\.\d+\.\d+(?=\.)/.exec(cluster.lan.subnet)!;
  const moved = (address: unknown) => String(address).replace(own, network);
  const move = (...path: (string | number)[]) => document.setIn(path, moved(document.getIn(path)));
  document.set('name', `${cluster.name}-parity`);
  for (const field of ['subnet', 'gateway', 'dynamicRange']) move('lan', field);
  for (const { name, nodes } of cluster.tiers) {
    move('tiers', name, 'virtualIp');
    for (const index of nodes.keys()) move('tiers', name, 'nodes', index, 'address');
  }
}
