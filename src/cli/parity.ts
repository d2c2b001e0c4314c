import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { Document } from 'yaml';
import { type Cluster, nodesOf } from '../cluster/cluster.js';
import { TIER_NAMES, type TierName } from '../cluster/cluster-file.js';
import { InvalidInputError } from '../common/errors.js';
import { faultNamed } from '../drill/catalogue.js';
import { brokenIn } from '../drill/drill-journal.js';
import { type DrillReport, FAULT_TAGS, type FaultTag } from '../drill/drill-report.js';
import { parseLoad, wholeNumber } from '../drill/probe/probe-arguments.js';
import type { NodeSuspension } from '../lab/fault-ports.js';
import type { LabObserver } from '../lab/lab.js';
import { untilHealthy } from '../lab/lab-problems.js';
import { parityMarkdown } from '../report/parity.js';
import { writeParity } from '../report/report-files.js';
import { projectFolder, theJournal, theLab } from './context.js';
import { editedCopy } from './edited-labs.js';
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

export function parityCommand(): Command {
  return new Command('parity')
    .description('the same drills on the machines of `vagrant up` and in containers, side by side')
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
      '\nThe machines are suspended while the containers are drilled, so that they do not disturb.\n\nExamples:\n  $ vagrant up && ./ha-demo parity --tag crash --tier backend',
    )
    .action(async (faultName: string | undefined, options: Options) => {
      parseLoad({ rate: options.rate, timeout: options.timeout, 'keep-alive': options.keepAlive });
      wholeNumber('--runs', options.runs, 1, 1000);
      if (faultName !== undefined) faultNamed(faultName);
      if (!/^\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(options.network))
        throw new InvalidInputError(
          `--network: ${options.network} must be the first three numbers of a /24, such as 192.168.90`,
        );
      process.env['HA_DEMO_LAB'] = 'vms';
      // Ctrl-C is for the drill, which heals first; what was suspended is resumed then.
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
      const { cluster, lab, assertUp } = await theLab();
      await assertUp();
      const copy = await editedCopy('parity', (document) => moveLan(document, cluster, options.network));
      const out = resolve(options.out);
      const drill = [
        ...['drill', ...(faultName === undefined ? [] : [faultName]), '--runs', options.runs, '--rate', options.rate],
        ...['--timeout', options.timeout, '--keep-alive', options.keepAlive, '--downloads', '0'],
        ...(options.tier === undefined ? [] : ['--tier', options.tier]),
        ...(options.tag === undefined ? [] : ['--tag', options.tag]),
      ];
      await haDemo('vms', [...drill, '--out', join(out, 'vms')]);
      const left = await theJournal().read();
      if (left) throw new Error(`${brokenIn(left)} could not be healed: ./ha-demo --lab vms heal`);
      await whileSuspended(cluster, lab, async () => {
        const inCopy = { HA_DEMO_WORKSPACE: copy.folder };
        try {
          await haDemo('containers', ['up'], inCopy);
          await haDemo('containers', [...drill, '--out', join(out, 'containers')], inCopy);
        } finally {
          await haDemo('containers', ['down'], inCopy);
        }
      });
      const read = async (lab: string) =>
        JSON.parse(await readFile(join(out, lab, 'report.json'), 'utf8')) as DrillReport;
      const report = { containers: await read('containers'), vms: await read('vms') };
      console.log(parityMarkdown(report));
      for (const file of await writeParity(out, report)) console.log(file);
    });
}

/** As a user would type it. Budgets are for `drill` alone: 0, 1 and 3 all come with a report. */
async function haDemo(kind: 'containers' | 'vms', args: string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const child = spawn(process.execPath, [join(projectFolder, 'dist', 'cli', 'main.js'), ...args], {
    stdio: 'inherit',
    env: { ...process.env, HA_DEMO_LAB: kind, ...env },
  });
  const code = await new Promise<number | null>((done, failed) => {
    child.once('error', failed);
    child.once('close', done);
  });
  if (![0, 1, 3].includes(code ?? -1)) throw new Error(`ha-demo ${args.join(' ')} ended with ${code}`);
}

async function whileSuspended(
  cluster: Cluster,
  lab: NodeSuspension & LabObserver,
  action: () => Promise<void>,
): Promise<void> {
  const nodes = nodesOf(cluster).map(({ name }) => name);
  try {
    await step('Suspend the machines', async () => {
      for (const node of nodes) await lab.suspendNode(node);
    });
    await action();
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
