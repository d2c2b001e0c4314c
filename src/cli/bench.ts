import { join, resolve } from 'node:path';
import { Command } from 'commander';
import type { Document } from 'yaml';
import { arrangementsOf } from '../bench/arrangement.js';
import { Arranger } from '../bench/arranger.js';
import { BENCH_VERSION, benchMarkdown, type BenchReport, type Growth } from '../bench/bench-report.js';
import { measureGrowth } from '../bench/growth.js';
import { commitNamed } from '../bench/other-commit.js';
import { measureThroughput } from '../bench/throughput.js';
import { type Cluster, tierOf } from '../cluster/cluster.js';
import { TIER_NAMES } from '../cluster/cluster-file.js';
import { InvalidInputError } from '../common/errors.js';
import { DrillRunner } from '../drill/drill-runner.js';
import { parseLoad, wholeNumber } from '../drill/probe/probe-arguments.js';
import { Random } from '../drill/random.js';
import { SideContainers } from '../lab/compose/side-containers.js';
import { replaceFile } from '../rendering/write.js';
import { benchFolder, prepareAgainst } from './bench-against.js';
import { assertContainers, projectFolder, theEngine, theJournal, theLab } from './context.js';
import { onEditedLabs } from './edited-labs.js';
import { thisMachine } from './machine.js';
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

/** As after a Ctrl-C of a drill. */
const INTERRUPTED_EXIT_CODE = 130;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export function benchCommand(): Command {
  return new Command('bench')
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
      assertContainers('its machines are measured by drills');
      const { durationMs } = parseLoad({ duration: options.duration });
      const load = {
        connections: wholeNumber('--connections', options.connections, 2, 1000),
        durationSeconds: Math.max(1, Math.round(durationMs / 1000)),
        rounds: wholeNumber('--rounds', options.rounds, 1, 20),
      };
      const runs = wholeNumber('--runs', options.runs, 1, 100);
      const sizes = options.sizes === 'none' ? [] : options.sizes.split(',').map(sizeNamed);
      const commit = options.against === undefined ? undefined : await commitNamed(projectFolder, options.against);
      const { cluster, lab, assertUp } = await theLab();
      await assertUp();
      const engine = await theEngine();
      const startedAt = new Date().toISOString();
      const containers = new SideContainers(engine, cluster);
      await step('Build the image of the load', () => containers.buildLoadImage(projectFolder));
      const against = commit && (await prepareAgainst(commit, engine, cluster));
      const bareServer = join(projectFolder, 'docker', 'bench', 'bare-server.cjs');
      const arranger = new Arranger(cluster, lab, containers, { folder: await benchFolder(), bareServer, against });
      await arranger.restore();
      const interrupted = new AbortController();
      const abort = () => interrupted.abort();
      for (const signal of SIGNALS) process.once(signal, abort);
      const throughput = await measureThroughput(cluster, arrangementsOf(commit?.name), arranger, containers, {
        ...load,
        onArrangement: (description, round) => console.error(`  round ${round}: ${description}`),
        signal: interrupted.signal,
      }).catch((error: Error) => {
        if (!interrupted.signal.aborted) throw error;
        console.error(`ha-demo: interrupted; ${error.name === 'AbortError' ? 'the lab is as it was' : error.message}`);
      });
      for (const signal of SIGNALS) process.off(signal, abort);
      if (!throughput) {
        process.exitCode = INTERRUPTED_EXIT_CODE;
        return;
      }
      const growth: Growth[] = [];
      await onEditedLabs(
        sizes.map((size) => ({ name: `${size}-nodes`, edit: (document) => setSize(document, cluster, size) })),
        async (edited) => {
          const runner = new DrillRunner(edited.cluster, edited.lab, edited.probes, theJournal(), {
            load: { ratePerSecond: 200, timeoutMs: 250, keepAliveConnections: 20, downloads: 0 },
            budgets: {},
            random: new Random(1),
            onPhase: () => {},
            signal: new AbortController().signal,
          });
          try {
            growth.push(await measureGrowth(edited.cluster, new SideContainers(engine, edited.cluster), runner, runs));
          } finally {
            await runner.stop();
          }
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
