import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Document } from 'yaml';
import { arrangementsOf } from '../bench/arrangement.js';
import { Arranger } from '../bench/arranger.js';
import { benchMarkdown } from '../bench/bench-markdown.js';
import { BENCH_VERSION, type BenchReport, type Growth } from '../bench/bench-report.js';
import { measureGrowth } from '../bench/growth.js';
import { commitNamed } from '../bench/other-commit.js';
import { measureThroughput } from '../bench/throughput.js';
import { type Cluster, tierOf } from '../cluster/cluster.js';
import { TIER_NAMES } from '../cluster/cluster-file.js';
import { InvalidInputError } from '../common/errors.js';
import { parseLoad, wholeNumber } from '../probe/probe-arguments.js';
import { Random } from '../drill/random.js';
import { SideContainers } from '../lab/compose/side-containers.js';
import { replaceFile } from '../rendering/write.js';
import { withRunner } from '../session/with-runner.js';
import { benchFolder, prepareAgainst } from './bench-against.js';
import type { ContextSource } from './context.js';
import { LabCommand } from './lab-command.js';
import { labSourceOf } from './edited-labs.js';
import { INTERRUPTED_EXIT_CODE, interruptible } from './interruption.js';
import { thisMachine } from './machine.js';
import { projectFolder } from './settings.js';
import { step } from './steps.js';

interface Options {
  connections: string;
  duration: string;
  rounds: string;
  sizes: string;
  runs: string;
  against?: string;
  out?: string;
}

export function benchCommand(contextOf: ContextSource): Command {
  return new LabCommand('bench')
    .needs({ containers: 'its machines are measured by drills', engine: true, ownLab: true })
    .description('what each layer costs: requests per second, latency, processor and memory, and how they grow')
    .option('--connections <n>', 'connections of the load, each with one request at a time', '32')
    .option('--duration <duration>', 'how long each arrangement is under load', '10s')
    .option('--rounds <n>', 'how often each; the median counts', '3')
    .option('--sizes <list>', 'nodes per tier for the growth, such as 2,4,8; none for no growth', '2,4,8')
    .option('--runs <n>', 'how often HAProxy is killed at each size', '10')
    .option('--against <commit>', 'compare with the images and the configuration of another commit, in turn')
    .option('--out <folder>', 'where to write bench.json and bench.md')
    .addHelpText(
      'after',
      '\nIt takes the running lab; for the growth it is started anew with other sizes, and in the end as it was.\n' +
        "With --against the services and HAProxies of that commit take the place of the lab's for a while, with its cluster.yaml but the\n" +
        "addresses and ports of this lab; keepalived stays the lab's own. The images are built once, and kept: ha-demo/service:<commit>.\n" +
        '\nExamples:\n  $ ./ha-demo bench --out bench\n  $ ./ha-demo bench --rounds 1 --sizes none\n  $ ./ha-demo bench --against HEAD~1 --sizes none',
    )
    .action(async (options: Options) => {
      const context = contextOf();
      const { durationMs } = parseLoad({ duration: options.duration });
      const load = {
        connections: wholeNumber('--connections', options.connections, 2, 1000),
        durationSeconds: Math.max(1, Math.round(durationMs / 1000)),
        rounds: wholeNumber('--rounds', options.rounds, 1, 20),
      };
      const runs = wholeNumber('--runs', options.runs, 1, 100);
      const sizes = options.sizes === 'none' ? [] : options.sizes.split(',').map(sizeNamed);
      const commit = options.against === undefined ? undefined : await commitNamed(projectFolder, options.against);
      const { cluster, lab } = await context.labThatIsUp();
      const engine = await context.engine();
      const startedAt = new Date().toISOString();
      const containers = new SideContainers(engine, cluster);
      await step('Build the image of the load', () => containers.buildLoadImage(projectFolder, context.settings));
      const against = commit && (await prepareAgainst(commit, context, cluster));
      const bareServer = join(projectFolder, 'docker', 'bench', 'bare-server.cjs');
      const arranger = new Arranger(cluster, lab, containers, {
        folder: await benchFolder(context),
        bareServer,
        against,
      });
      await arranger.restore();
      const onArrangement = (description: string, round: number) => console.error(`  round ${round}: ${description}`);
      const throughput = await interruptible((signal) => {
        const settings = { ...load, onArrangement, signal };
        const measuring = measureThroughput(cluster, arrangementsOf(commit?.name), arranger, containers, settings);
        return measuring.catch((error: Error) => {
          if (!signal.aborted) throw error;
          console.error(
            `ha-demo: interrupted; ${error.name === 'AbortError' ? 'the lab is as it was' : error.message}`,
          );
        });
      });
      if (!throughput) {
        process.exitCode = INTERRUPTED_EXIT_CODE;
        return;
      }
      const growth: Growth[] = [];
      await labSourceOf(context).onEdited(
        sizes.map((size) => ({ name: `${size}-nodes`, edit: (document) => setSize(document, cluster, size) })),
        async (edited) => {
          const settings = {
            load: { ratePerSecond: 200, timeoutMs: 250, keepAliveConnections: 20, downloads: 0 },
            ...{ budgets: {}, random: new Random(1), signal: new AbortController().signal },
          };
          const beside = new SideContainers(engine, edited.cluster);
          await withRunner(
            edited,
            settings,
            () => {},
            async (runner) => growth.push(await measureGrowth(edited.cluster, beside, runner, runs)),
          );
        },
      );
      const report: BenchReport = {
        version: BENCH_VERSION,
        startedAt,
        finishedAt: new Date().toISOString(),
        machine: thisMachine(),
        load,
        ...(commit && { against: commit.hash }),
        ...throughput,
        growth,
      };
      console.log(benchMarkdown(report));
      if (options.out === undefined) return;
      const files = { 'bench.json': `${JSON.stringify(report, null, 2)}\n`, 'bench.md': benchMarkdown(report) };
      for (const [name, content] of Object.entries(files)) {
        const path = join(resolve(options.out), name);
        await replaceFile(path, content);
        console.log(path);
      }
    });
}

function sizeNamed(text: string): number {
  const size = Number(text);
  if (Number.isInteger(size) && size >= 2 && size <= 8) return size;
  throw new InvalidInputError(`--sizes: ${text} must be a whole number from 2 to 8, or several with commas`);
}

/** Addresses follow that of the tier's first node. */
function setSize(document: Document, cluster: Cluster, size: number): void {
  for (const tier of TIER_NAMES) {
    const [, network, host] = /^(.*\.)(\d+)$/.exec(tierOf(cluster, tier).nodes[0]!.address)!;
    const nodes = Array.from({ length: size }, (_, index) => ({
      name: `${tier}-0${index + 1}`,
      address: `${network}${Number(host) + index}`,
    }));
    document.setIn(['tiers', tier, 'nodes'], nodes);
  }
}
