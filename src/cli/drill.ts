import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { PROFILE_NAMES, type ProfileName, TIER_NAMES, type TierName } from '../cluster/cluster-file.js';
import { InvalidInputError } from '../common/errors.js';
import { loadBudgets } from '../drill/budgets.js';
import { type DrillLoad, FAULT_TAGS, type FaultTag } from '../drill/drill-report.js';
import type { Drill } from '../drill/drill-runner.js';
import type { Lab } from '../lab/lab.js';
import { parseLoad, wholeNumber } from '../probe/probe-arguments.js';
import { chooseDrills } from '../session/choose-drills.js';
import type { Context, ContextSource } from './context.js';
import { drillUnmanaged } from './drill-unmanaged.js';
import { INTERRUPTED_EXIT_CODE, interruptible } from './interruption.js';
import { listFault } from './list-fault.js';
import { thisMachine } from './machine.js';
import type { PairPlace } from './pair-place.js';
import { seedOf } from './seed.js';
import { showCampaign } from './show-campaign.js';
import { soak } from './soak.js';

interface Options {
  node?: string;
  tier?: TierName;
  tag?: FaultTag;
  profile?: string;
  runs: string;
  rate: string;
  timeout: string;
  keepAlive: string;
  downloads: string;
  budget?: string;
  out?: string;
  record?: string;
  seed?: string;
  soak?: string;
  list: boolean;
}

const EXIT_CODES = { pass: 0, fail: 1, unknown: 3, interrupted: INTERRUPTED_EXIT_CODE };

export function drillCommand(contextOf: ContextSource): Command {
  return new Command('drill')
    .description('break the running lab on purpose, mend it, and say in milliseconds what a client felt')
    .argument('[fault]', 'one fault of the catalogue (default: all of them but restart-engine)')
    .argument('[parameter]', 'of a fault that has one, such as lossy-link 0.2')
    .option('--list', 'the catalogue, and what this lab can do of it', false)
    .option('--node <node>', 'where (default: the first node of each tier, which holds the virtual IP)')
    .addOption(new Option('--tier <tier>', 'one tier only').choices(TIER_NAMES))
    .addOption(new Option('--tag <tag>', 'one kind of faults only').choices(FAULT_TAGS))
    .option('--profile <profiles>', 'such as classic,tuned: both, side by side (default: that of cluster.yaml)')
    .option('--runs <n>', 'how often each', '1')
    .option('--rate <n>', 'requests per second, each on a connection of its own', '200')
    .option('--timeout <duration>', 'when a client gives up', '250ms')
    .option('--keep-alive <n>', 'connections that are kept busy beside them', '20')
    .option('--downloads <n>', 'downloads of 3 s beside them, renewed all the time', '3')
    .option('--budget <file>', 'what the drills may cost (default: budgets.yaml, or budgets.vms.yaml of the project)')
    .option('--out <folder>', 'where to write report.html, report.md, report.json and junit.xml')
    .option('--record <file>', 'write all that happens into a file, a line of JSON each')
    .option('--seed <n>', 'of the order and the moments (default: a new one each time)')
    .addOption(
      new Option(
        '--soak <n>',
        'so many random faults in a row, some two at once, under the load on both tiers',
      ).conflicts(['node', 'tier', 'tag', 'profile', 'runs', 'budget', 'out', 'list']),
    )
    .addHelpText(
      'after',
      `
Exit codes: 0 within the budgets, 1 beyond, 2 bad usage, 3 unknown: the lab was not healthy before, or the prober could
not keep its rate.

Of a pair that you have already (docs/own-pair.md) it breaks what makes sense on any pair, and says beside each what \`check\` has predicted;
--runs, --budget, --out, --seed and --list are for it, too. No budget holds there by default.

Examples:
  $ ./ha-demo drill
  $ ./ha-demo drill kill-haproxy --node backend-01 --runs 20 --rate 500
  $ ./ha-demo drill lossy-link 0.2 --tier frontend
  $ ./ha-demo drill --tag planned --tier backend --out report
  $ ./ha-demo drill --tag crash --profile classic,tuned --out report
  $ ./ha-demo drill --soak 200 --seed 7`,
    )
    .action(async (name: string | undefined, parameter: string | undefined, options: Options, command: Command) => {
      const faultName = parameter === undefined ? name : `${name} ${parameter}`;
      const context = contextOf();
      if (context.pair) return drillPairOf(context, context.pair, faultName, options, command);
      const load = loadOf(options);
      const choice = { ...options, faultName, runs: wholeNumber('--runs', options.runs, 1, 1000) };
      const seed = seedOf(options.seed);
      if (options.soak !== undefined) {
        if (faultName !== undefined)
          throw new InvalidInputError(`fault: ${faultName} cannot be given with --soak, which takes all of them`);
        const count = wholeNumber('--soak', options.soak, 1, 10_000);
        process.exitCode = EXIT_CODES[await soak(context, { count, load, seed, recording: options.record })];
        return;
      }
      const { cluster, lab } = await context.lab();
      const budgets = await loadBudgets(resolve(options.budget ?? context.budgetsFile));
      const profiles = profilesOf(options.profile ?? cluster.profileName);
      if (options.list) {
        list(chooseDrills(cluster, { ...choice, all: true }), lab);
        return;
      }
      chooseDrills(cluster, choice);
      await context.labThatIsUp();
      await context.assertHealed();
      const order = { choice, profiles, load, budgets, seed, machine: thisMachine() };
      const files = { out: options.out && resolve(options.out), recording: options.record };
      const { report, interruption, failure } = await interruptible((signal) =>
        showCampaign(context, order, files, signal),
      );
      if (failure) throw failure;
      process.exitCode = interruption ? INTERRUPTED_EXIT_CODE : EXIT_CODES[report.verdict];
    });
}

/** What a pair has none of: tiers, profiles, a load of its own. */
const OF_OWN_LABS = ['node', 'tier', 'tag', 'profile', 'rate', 'timeout', 'keepAlive', 'downloads', 'record', 'soak'];

async function drillPairOf(
  context: Context,
  { because }: PairPlace,
  fault: string | undefined,
  { budget, out, seed, list: isList, ...options }: Options,
  command: Command,
): Promise<void> {
  if (!context.unmanaged)
    throw new InvalidInputError(
      `--lab: ${context.settings.labKind} is not for drill: ${because}; try --drill breaks it`,
    );
  const isGiven = (name: string) => !['default', undefined].includes(command.getOptionValueSource(name));
  const given = command.options.find((option) =>
    OF_OWN_LABS.some((name) => name === option.attributeName() && isGiven(name)),
  );
  if (given) throw new InvalidInputError(`${given.long}: cannot be given for a cluster that is not ha-demo's`);
  const runs = wholeNumber('--runs', options.runs, 1, 1000);
  await drillUnmanaged(context, context.unmanaged, { fault, runs, budget, out, seed, list: isList });
}

function list(drills: Drill[], { capabilities }: Lab): void {
  for (const { fault, target } of new Map(drills.map((drill) => [drill.fault, drill])).values()) {
    const reason = fault.skippedBecause?.(capabilities, target.cluster);
    listFault(fault, reason && `not in this lab: ${reason}`);
  }
}

/** @throws InvalidInputError */
function profilesOf(text: string): ProfileName[] {
  return text.split(',').map((word) => {
    const name = PROFILE_NAMES.find((candidate) => candidate === word);
    if (name) return name;
    throw new InvalidInputError(
      `--profile: ${word} must be one of ${PROFILE_NAMES.join(', ')}, or several with commas`,
    );
  });
}

function loadOf({ rate, timeout, keepAlive, downloads }: Options): DrillLoad {
  const load = parseLoad({ rate, timeout, 'keep-alive': keepAlive, downloads });
  return {
    ratePerSecond: load.ratePerSecond,
    timeoutMs: load.timeoutMs,
    keepAliveConnections: load.keepAlive.connections,
    downloads: load.downloads,
  };
}
