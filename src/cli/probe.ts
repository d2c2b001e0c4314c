import { Command } from 'commander';
import { virtualUrl } from '../cluster/cluster.js';
import { TIER_NAMES, type TierName } from '../cluster/cluster-file.js';
import { InvalidInputError } from '../common/errors.js';
import { LabWatch } from '../drill/lab-watch.js';
import type { NodeEvent } from '../lab/node-event.js';
import { parseLoad } from '../probe/probe-arguments.js';
import type { ProbeEvent, ProbeSummary } from '../probe/probe-event.js';
import type { ContextSource } from './context.js';

export function probeCommand(contextOf: ContextSource): Command {
  return new Command('probe')
    .description('put the lab under a steady load and count what a client feels, in requests and milliseconds')
    .option('--tier <tier>', 'frontend or backend', 'frontend')
    .option('--rate <n>', 'requests per second, each on a connection of its own', '200')
    .option('--duration <duration>', 'how long', '10s')
    .option('--timeout <duration>', 'when a client gives up', '250ms')
    .option('--keep-alive <n>', 'connections that are kept busy beside them', '20')
    .option('--json', "the probe's own events, a line each", false)
    .addHelpText(
      'after',
      '\nIt runs in a container on the LAN, with --lab hosts on this host or that of hosts.probe, and sends nowhere else.\n\nExamples:\n  $ ./ha-demo probe --duration 20s        and meanwhile, in a second terminal:\n  $ ./ha-demo restart haproxy frontend-01',
    )
    .action(
      async ({
        tier,
        rate,
        duration,
        timeout,
        keepAlive,
        json,
      }: Record<'tier' | 'rate' | 'duration' | 'timeout' | 'keepAlive', string> & { json: boolean }) => {
        const name = TIER_NAMES.find((candidate) => candidate === tier);
        if (!name) throw new InvalidInputError(`--tier: ${tier} must be one of ${TIER_NAMES.join(', ')}`);
        parseLoad({ rate, duration, timeout, 'keep-alive': keepAlive });
        const { cluster, lab, probes } = await contextOf().labThatIsUp();
        if (probes.asking && name !== 'frontend')
          throw new InvalidInputError(`--tier: ${name} cannot be given for a pair, which has one`);
        const interrupted = new AbortController();
        process.once('SIGINT', () => interrupted.abort());
        let fromMs: number | undefined;
        const show = (event: ProbeEvent) => {
          if (event.event === 'started') fromMs = event.wallClockMs;
          if (json) console.log(JSON.stringify(event));
          // A pair is one tier: its servers answer.
          else print(event, probes.asking ? 'backend' : name);
        };
        const flags = [
          ...(probes.asking ?? ['--url', virtualUrl(cluster, name)]),
          '--rate',
          rate,
          '--duration',
          duration,
          '--timeout',
          timeout,
          '--keep-alive',
          keepAlive,
        ];
        const watch = LabWatch.start(cluster, lab);
        try {
          await probes.inLan(cluster, flags, show, interrupted.signal);
          if (fromMs !== undefined && !json) printNewMasters(fromMs, watch.eventsSoFar());
        } finally {
          await watch.stop();
        }
      },
    );
}

function print(event: ProbeEvent, tier: TierName): void {
  if (event.event === 'started')
    console.log(`GET ${event.url}, ${event.ratePerSecond}/s for ${event.durationMs / 1000} s`);
  if (event.event === 'tick') {
    const { atMs, ok, failed, keepAlive } = event;
    console.log(
      `${String(Math.round(atMs / 1000)).padStart(5)} s  ${ok} ok, ${failed} failed, ${keepAlive.broken} connections broken`,
    );
  }
  if (event.event === 'broken')
    console.log(
      `${(event.atMs / 1000).toFixed(3).padStart(7)} s  ${event.kind} connection ${event.connection} broken: ${event.reason}`,
    );
  if (event.event === 'summary') printSummary(event, tier);
}

function printSummary(summary: ProbeSummary, tier: TierName): void {
  const { sent, failed, unsent, failuresByReason, longestGap, latency, keepAlive } = summary;
  const reasons = Object.entries(failuresByReason).map(([reason, count]) => `${count} ${reason}`);
  const answers = Object.entries(tier === 'frontend' ? summary.answersByFrontend : summary.answersByBackend).sort();
  console.log(`
requests          ${sent} sent, ${failed} failed${reasons.length > 0 ? ` (${reasons.join(', ')})` : ''}, ${unsent} unsent
longest gap       ${longestGap.gapMs.toFixed(1)} ms, from ${(longestGap.fromMs / 1000).toFixed(3)} s
latency           ${latency ? `p50 ${latency.p50Ms.toFixed(1)}, p95 ${latency.p95Ms.toFixed(1)}, p99 ${latency.p99Ms.toFixed(1)}, max ${latency.maxMs.toFixed(1)} ms` : '-'}
keep-alive        ${keepAlive.requests} requests on ${keepAlive.connections} connections, ${keepAlive.failed} failed, ${keepAlive.broken} connections broken
answered by       ${answers.map(([name, count]) => `${name} ${count}`).join(', ')}`);
}

/** Of both tiers: answers of the frontend need the backend's virtual IP, too. */
function printNewMasters(fromMs: number, events: NodeEvent[]): void {
  const moves = events.flatMap((event) =>
    event.event === 'vrrp' && event.state === 'MASTER' && event.atMs >= fromMs
      ? [`${event.node} at ${((event.atMs - fromMs) / 1000).toFixed(3)} s`]
      : [],
  );
  console.log(`new masters       ${moves.join(', ') || 'none: no virtual IP moved'}`);
}
