import { randomInt } from 'node:crypto';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { type Cluster, tierOf } from '../cluster/cluster.js';
import { PROFILE_NAMES, type ProfileName, TIER_NAMES, type TierName } from '../cluster/cluster-file.js';
import { InvalidInputError } from '../common/errors.js';
import { loadBudgets } from '../drill/budgets.js';
import { CATALOGUE, faultNamed } from '../drill/catalogue.js';
import {
  type DrillLoad,
  type DrillReport,
  type DrillResult,
  FAULT_TAGS,
  type FaultTag,
  REPORT_VERSION,
} from '../drill/drill-report.js';
import { worstOf } from '../drill/drill-result.js';
import { type Drill, DrillRunner } from '../drill/drill-runner.js';
import { type Fault, type FaultTarget, nodesFor, usualNodeFor } from '../drill/fault.js';
import { parseLoad, wholeNumber } from '../drill/probe/probe-arguments.js';
import { Random } from '../drill/random.js';
import type { Lab } from '../lab/lab.js';
import { writeReport } from '../report/report-files.js';
import { assertHealed, type LabInUse, nodeNamed, projectFolder, theJournal, theLab } from './context.js';
import { DrillDisplay } from './drill-display.js';
import { onEditedLabs } from './edited-labs.js';
import { thisMachine } from './machine.js';
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
  seed?: string;
  soak?: string;
  list: boolean;
}

const BUDGETS = { containers: 'budgets.yaml', vms: 'budgets.vms.yaml' };
const EXIT_CODES = { pass: 0, fail: 1, unknown: 3, interrupted: 130 };

export function drillCommand(): Command {
  return new Command('drill')
    .description('break the running lab on purpose, mend it, and say in milliseconds what a client felt')
    .argument('[fault]', 'one fault of the catalogue (default: all of them but restart-engine)')
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

Examples:
  $ ./ha-demo drill
  $ ./ha-demo drill kill-haproxy --node backend-01 --runs 20 --rate 500
  $ ./ha-demo drill --tag planned --tier backend --out report
  $ ./ha-demo drill --tag crash --profile classic,tuned --out report
  $ ./ha-demo drill --soak 200 --seed 7`,
    )
    .action(async (faultName: string | undefined, options: Options) => {
      const load = loadOf(options);
      const runs = wholeNumber('--runs', options.runs, 1, 1000);
      const seed =
        options.seed === undefined ? randomInt(2 ** 32) : wholeNumber('--seed', options.seed, 0, 2 ** 32 - 1);
      const interrupted = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
      if (options.soak !== undefined) {
        if (faultName !== undefined)
          throw new InvalidInputError(`fault: ${faultName} cannot be given with --soak, which takes all of them`);
        const count = wholeNumber('--soak', options.soak, 1, 10_000);
        process.exitCode = EXIT_CODES[await soak(count, load, seed, interrupted.signal)];
        return;
      }
      const { cluster, lab, assertUp } = await theLab();
      const budgets = await loadBudgets(resolve(options.budget ?? join(projectFolder, BUDGETS[cluster.place])));
      const profiles = profilesOf(options.profile ?? cluster.profileName);
      const drills = choose(cluster, faultName, options, runs);
      if (options.list) {
        list(drills, lab);
        return;
      }
      await assertUp();
      await assertHealed();
      const journal = theJournal();

      const display = new DrillDisplay(drills.length * runs * profiles.length);
      const startedAt = new Date().toISOString();
      const results: DrillResult[] = [];
      let failure: Error | undefined;
      const drillAll = async ({ cluster, lab, probes }: LabInUse) => {
        const random = new Random(seed);
        const runner = new DrillRunner(cluster, lab, probes, journal, {
          load,
          // They are what `tuned` claims.
          budgets: cluster.profileName === 'tuned' ? budgets : {},
          random,
          onPhase: display.phase,
          signal: interrupted.signal,
        });
        try {
          for (const drill of inOrder(choose(cluster, faultName, options, runs), random)) {
            const result = await runner.run(drill);
            results.push(result);
            display.result(result);
          }
        } finally {
          display.end();
          await runner.stop();
        }
      };
      const drillUnderProfiles = async () => {
        const others = profiles.filter((name) => name !== cluster.profileName);
        await onEditedLabs(
          others.map((name) => ({ name, edit: (document) => document.set('profile', name) })),
          drillAll,
        );
        if (profiles.includes(cluster.profileName)) await drillAll(await theLab());
      };
      await drillUnderProfiles().catch((error: Error) => (failure = error));

      const healed = !failure || failure.name === 'AbortError';
      const verdicts = results.flatMap(({ verdict }) => verdict ?? []);
      // What has not run, because of an interruption or of what the lab cannot do, is not known to be good.
      const ofTheRest = interrupted.signal.aborted || verdicts.length === 0 ? 'unknown' : 'pass';
      const report: DrillReport = {
        version: REPORT_VERSION,
        startedAt,
        finishedAt: new Date().toISOString(),
        cluster: cluster.name,
        lab: cluster.place,
        machine: thisMachine(),
        load,
        seed,
        verdict: healed ? worstOf([...verdicts, ofTheRest]) : 'fail',
        drills: results.toSorted((one, other) => rank(drills, one) - rank(drills, other)),
      };
      display.table(report);
      if (options.out !== undefined)
        for (const file of await writeReport(resolve(options.out), report)) console.log(file);
      if (failure && !healed) throw failure;
      if (interrupted.signal.aborted) {
        process.exitCode = EXIT_CODES.interrupted;
        return;
      }
      process.exitCode = EXIT_CODES[report.verdict];
    });
}

function list(drills: Drill[], { capabilities }: Lab): void {
  for (const { fault, target } of new Map(drills.map((drill) => [drill.fault, drill])).values()) {
    console.log(`${fault.tag.padEnd(12)} ${fault.name.padEnd(18)} ${fault.description}`);
    const reason = fault.skippedBecause?.(capabilities, target.cluster);
    if (reason !== undefined) console.log(`${''.padEnd(31)} not in this lab: ${reason}`);
  }
}

/** @throws InvalidInputError */
function profilesOf(text: string): ProfileName[] {
  return text.split(',').map((word) => {
    const name = PROFILE_NAMES.find((candidate) => candidate === word);
    if (name) return name;
    throw new InvalidInputError(`--profile: ${word} must be one of ${PROFILE_NAMES.join(', ')}, or both with a comma`);
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

/** @throws InvalidInputError when nothing is left to be done */
function choose(
  cluster: Cluster,
  faultName: string | undefined,
  { node, tier, tag, list }: Options,
  runs: number,
): Drill[] {
  const isAskedFor = (fault: Fault) => (tag === undefined || fault.tag === tag) && (list || !fault.onlyByName);
  const faults = faultName === undefined ? CATALOGUE.filter(isAskedFor) : [faultNamed(faultName)];
  const named = node === undefined ? undefined : nodeNamed(cluster, node);
  if (named && tier !== undefined && named.tier !== tier)
    throw new InvalidInputError(`--tier: ${named.name} is in the tier ${named.tier}, not in ${tier}`);
  const tiers = named ? [named.tier] : tier === undefined ? TIER_NAMES : [tier];
  const drills = faults
    .filter(
      (fault) => !named || (fault.scope === 'node' && nodesFor(fault, tierOf(cluster, named.tier)).includes(named)),
    )
    .flatMap((fault) =>
      tiers.map((name): Drill => {
        const target: FaultTarget = {
          cluster,
          tier: tierOf(cluster, name),
          node: named ?? usualNodeFor(fault, tierOf(cluster, name)),
        };
        return { fault, target, runs };
      }),
    );
  if (drills.length === 0)
    throw new InvalidInputError(
      `--node: ${node} cannot be given for ${faultName}, which concerns ${concernOf(faults[0]!)}; use --tier`,
    );
  return drills;
}

function concernOf({ scope, role }: Fault): string {
  return scope === 'tier' ? 'a whole tier' : `the ${role} of a tier`;
}

/** Tier by tier, so that the probe need not be started anew for each. */
function inOrder(drills: Drill[], random: Random): Drill[] {
  return TIER_NAMES.flatMap((tier) => random.shuffled(drills.filter(({ target }) => target.tier.name === tier)));
}

function rank(drills: Drill[], { fault, tier }: DrillResult): number {
  return drills.findIndex((drill) => drill.fault.name === fault && drill.target.tier.name === tier);
}
