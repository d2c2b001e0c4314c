import { mkdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { check } from '../check/check.js';
import { readCluster } from '../check/read-cluster.js';
import { loadCluster } from '../cluster/load-cluster.js';
import { InvalidInputError } from '../common/errors.js';
import { loadBudgets } from '../drill/budgets.js';
import { buildTrialImage, TrialProject } from '../lab/compose/trial/trial-lab.js';
import { TRIAL_RELEASES, type TrialRelease } from '../lab/compose/trial/trial-topology.js';
import { wholeNumber } from '../probe/probe-arguments.js';
import { type Asked, wishFrom } from '../trial/asked.js';
import { folderOfTrial, keepPair, projectOfTrial } from '../trial/kept-pair.js';
import { TRIAL_FAULTS } from '../trial/trial-drills.js';
import { SERVER_FAULT_NAMES, serverDrills } from '../trial/server-drills.js';
import { type Trial, trialsOf } from '../trial/trials.js';
import { type World, worldOf } from '../trial/world.js';
import type { ContextSource } from './context.js';
import { INTERRUPTED_EXIT_CODE, interruptible } from './interruption.js';
import { KEPT } from './kept-pairs.js';
import { LabCommand } from './lab-command.js';
import { thisMachine } from './machine.js';
import { variablesOf } from './prepare.js';
import { projectFolder, type Settings } from './settings.js';
import { drillPair, loadOf, PAIR_LOAD, reported, SESSIONS, showTrial } from './run-trial.js';
import { seedOf } from './seed.js';
import { startPair } from './start-pair.js';
import { step } from './steps.js';

interface Options {
  haproxy?: string;
  ask?: string;
  drill?: string[];
  runs: string;
  budget?: string;
  out?: string;
  seed?: string;
  release: TrialRelease;
  keep: boolean;
}

export function tryCommand(contextOf: ContextSource): Command {
  return new LabCommand('try')
    .needs({ containers: 'its nodes are containers', engine: true, alone: true })
    .description('run HAProxy and keepalived configurations of your own in containers, break them, and measure it')
    .argument('<paths...>', 'what `check` takes: a folder with a folder per node, or a folder or file per node')
    .option('--haproxy <file>', 'the haproxy.cfg of nodes that have none of their own')
    .option('--ask <url>', 'what clients ask, such as https://app.example/login (default: what haproxy.cfg offers)')
    .addOption(
      new Option('--drill <faults...>', 'these alone (default: all)').choices([
        ...TRIAL_FAULTS.map(({ fault }) => fault.name),
        ...SERVER_FAULT_NAMES,
      ]),
    )
    .option('--runs <n>', 'how often each', '1')
    .option('--budget <file>', 'what the drills may cost (default: nothing is claimed)')
    .option('--out <folder>', 'where to write report.html, report.md, report.json and junit.xml')
    .addOption(
      new Option('--release <name>', 'of Debian, whose HAProxy and keepalived run: 3.0 and 2.3, or 2.6 and 2.2')
        .choices(TRIAL_RELEASES)
        .default('trixie'),
    )
    .option('--keep', 'leave the pair running, and break nothing unless --drill says what', false)
    .option('--seed <n>', 'of the moments (default: a new one each time)')
    .addHelpText(
      'after',
      `
The files are copied and never changed. docs/try.md says what is a stand-in, and what cannot be run.

Exit codes: 0 within the budgets, 1 beyond, 2 bad usage, or what cannot be run, 3 unknown.

Examples:
  $ ./ha-demo try my-cluster/
  $ ./ha-demo try my-cluster/ --drill kill-haproxy --runs 5 --out report
  $ ./ha-demo try my-cluster/ --keep`,
    )
    .action(async (paths: string[], options: Options) => {
      const context = contextOf();
      const runs = wholeNumber('--runs', options.runs, 1, 1000);
      const seed = seedOf(options.seed);
      const budgets =
        options.budget === undefined ? {} : await loadBudgets(resolve(options.budget), SERVER_FAULT_NAMES);
      const checked = await readCluster(paths, options.haproxy);
      const { findings, whatIf } = check(checked);
      const wish = options.ask === undefined ? undefined : wishFrom(options.ask, '--ask');
      const world = worldOf(checked, wish);
      const pair = nameFrom(paths[0]!);
      const name = projectOfTrial(pair);
      const names = options.drill ?? [];
      const model = await loadCluster(join(projectFolder, 'cluster.yaml'));
      const [unbreakable] = world.servers.length > 0 ? [] : names.filter((one) => SERVER_FAULT_NAMES.includes(one));
      if (unbreakable !== undefined)
        throw new InvalidInputError(`--drill: ${unbreakable}: nothing stands in for a server that clients are led to`);
      const isDrilled = !options.keep || options.drill !== undefined;
      const [useless] = isDrilled
        ? []
        : (['out', 'budget', 'seed'] as const).filter((one) => options[one] !== undefined);
      if (useless !== undefined)
        throw new InvalidInputError(`--${useless}: nothing is broken with --keep alone; --drill says what`);
      const trials = trialsOf(world, whatIf, { name, model, load: PAIR_LOAD, runs, names });
      process.stdout.write(introduction(world, trials, findings.length));

      const engine = await context.engine();
      const folder = folderOfTrial(context.workspace.stateFolder, pair);
      await mkdir(folder, { recursive: true });
      const project = new TrialProject(engine, name, folder);
      await project.assertLanIsFree(world.lan);
      trials[0]!.drills.push(...serverDrills(trials[0]!, world.servers, whatIf, project.servers, { runs, names }));
      // Clients are of the service's image, what pulls cables is of keepalived's.
      await (await context.images()).provide(step);
      const debianImage = await debianImageOf(options.release, context.settings);
      await step('Build the image of the nodes', () =>
        buildTrialImage(projectFolder, options.release, { ...context.settings, debianImage }),
      );
      const order = { load: loadOf(trials), budgets, seed, machine: thisMachine(), findings: reported(findings) };
      let isKept = false;
      const outcome = await interruptible(async (signal) => {
        try {
          const { plans, kept } = await startPair(project, options.release, world, trials, signal);
          const drilled = isDrilled ? await drillPair(plans, order, signal) : undefined;
          // What could not be healed is of no use to anybody.
          isKept = options.keep && !signal.aborted && !drilled?.failure;
          if (isKept) await keepPair(folder, kept);
          return drilled;
        } catch (error) {
          if (!signal.aborted) throw error;
          return undefined;
        } finally {
          if (!isKept) await step('Remove the pair', () => project.remove());
        }
      });
      if (isKept) process.stdout.write(farewell(pair, world));
      if (!outcome) {
        if (isKept) return;
        console.error('ha-demo: interrupted before the first drill');
        process.exitCode = INTERRUPTED_EXIT_CODE;
        return;
      }
      await showTrial(outcome, options.out);
    });
}

/** That of the lab, or that of an older release, which is found or built first. */
async function debianImageOf(release: TrialRelease, { debianImage }: Settings): Promise<string> {
  if (release === 'trixie') return debianImage;
  return (await variablesOf('docker/base-images/prepare.sh', 'debian', release))['HA_DEMO_DEBIAN_IMAGE']!;
}

function nameFrom(path: string): string {
  const name = basename(resolve(path))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-');
  return name.replaceAll(/^-|-$/g, '').slice(0, 30) || 'pair';
}

function introduction({ nodes, lan, differences }: World, trials: Trial[], findings: number): string {
  return [
    `${nodes.map(({ name }) => name).join(' and ')}, on ${lan.subnet} without a way out. Clients ask`,
    ...trials.map(({ router: { label, virtualIp, asked } }) => `  ${virtualIp}, ${wayOf(asked)}: ${label}`),
    `check has ${findings === 0 ? 'no findings' : `${findings} finding${findings === 1 ? '' : 's'}: ./ha-demo check shows them`}.`,
    'Not as on your hosts:',
    ...differences.map((text) => `  ${text}`),
    '',
    '',
  ].join('\n');
}

/** What can be done with a pair that is left. */
function farewell(pair: string, { nodes }: World): string {
  const [{ name: node }] = nodes as [World['nodes'][number]];
  const commands = ['status', `kill haproxy ${node}`, `start haproxy ${node}`, 'probe', `logs ${node} keepalived`];
  return [
    `${pair} runs on:`,
    ...commands.map((command) => `  ./ha-demo --lab ${KEPT}${pair} ${command}`),
    `  ./ha-demo --lab ${KEPT}${pair} down        removes it`,
    '',
    '',
  ].join('\n');
}

function wayOf({ scheme, port, path, host, mode }: Asked): string {
  if (mode === 'tcp')
    return `port ${port} over ${scheme === 'https' ? 'TLS' : 'TCP'}, with ${SESSIONS} sessions beside`;
  return `${scheme}, port ${port}, ${path}${host === undefined ? '' : ` of ${host}`}`;
}
