import { TIER_NAMES } from '../cluster/cluster-file.js';
import type { BenchReport, Throughput } from './bench-report.js';
import { appToBareOf, tierCost } from './figures.js';

/** The figures as Markdown tables, with what they were measured on. */
export function benchMarkdown(report: BenchReport): string {
  const { machine, load, throughput, growth, startedAt } = report;
  return [
    ...table(
      ['arrangement', 'requests/s', 'p50 ms', 'p90 ms', 'p99 ms', 'max ms', 'errors'],
      throughput.map(({ description, requestsPerSecond, latencyMs: { p50, p90, p99, max }, errors }) => [
        description,
        String(Math.round(requestsPerSecond)),
        ...[p50, p90, p99, max].map((ms) => ms.toFixed(1)),
        String(errors),
      ]),
    ),
    sentences(report),
    '',
    'Processor ms per 1000 requests of the client, all nodes of a tier together; × is what bare Node servers behind the same HAProxies take:',
    '',
    ...costTable(throughput),
    ...table(
      ['container, in the whole chain', 'processor ms per 1000 requests', 'memory MB'],
      throughput
        .filter(({ name }) => name === 'chain')
        .flatMap(({ containers }) => containers)
        .map(({ name, cpuMsPer1000Requests, memoryMb }) => [
          name,
          cpuMsPer1000Requests.toFixed(0),
          memoryMb.toFixed(0),
        ]),
    ),
    ...table(
      ['nodes per tier', 'memory MB, idle', 'kill-haproxy: outage ms, median', 'p95', 'max', 'failed', 'runs'],
      growth.map(({ nodesPerTier, memoryMb, killHaproxyOutageMs: { medianMs, p95Ms, maxMs }, failed, runs }) => [
        String(nodesPerTier),
        memoryMb.toFixed(0),
        ...[medianMs, p95Ms, maxMs].map((ms) => ms.toFixed(0)),
        String(failed),
        String(runs),
      ]),
    ),
    `Measured on ${startedAt.slice(0, 10)} on ${machine.cpus} x ${machine.cpuModel}, ${machine.memoryGb} GB, Linux ${machine.kernel}: ` +
      `${load.connections} connections, ${load.durationSeconds} s, medians of ${load.rounds} round(s).`,
    '',
  ].join('\n');
}

function sentences({ against, ratios }: BenchReport): string {
  const { haproxyCost, bareToServices, chainToAgainst, bareToServicesBehindAgainst } = ratios;
  const other = against?.slice(0, 7);
  return [
    `The HAProxies cost ${Math.round(haproxyCost * 100)} % of the throughput of the services alone.`,
    `Behind the same HAProxies bare Node servers do ${bareToServices.toFixed(2)} times as much as the services` +
      (bareToServicesBehindAgainst === undefined
        ? '.'
        : `, behind those of ${other} ${bareToServicesBehindAgainst.toFixed(2)} times as much.`),
    ...(chainToAgainst === undefined
      ? []
      : [`The whole chain does ${chainToAgainst.toFixed(2)} times as much as that of ${other}.`]),
  ].join(' ');
}

/** A line an arrangement: what has cost what. */
function costTable(throughput: Throughput[]): string[] {
  const roles = ['app', 'haproxy', 'keepalived'];
  const columns = TIER_NAMES.flatMap((tier) => roles.map((role) => ({ tier, role })));
  return table(
    ['arrangement', ...columns.map(({ tier, role }) => `${tier} ${role}`)],
    throughput.map((one) => {
      const toBare = appToBareOf(throughput, one.name);
      const costs = columns.map(({ tier, role }) => {
        const cost = tierCost(one, tier, role).toFixed(0);
        return role === 'app' && toBare ? `${cost} (${toBare[tier].toFixed(2)} ×)` : cost;
      });
      return [one.description, ...costs];
    }),
  );
}

function table(head: string[], rows: string[][]): string[] {
  if (rows.length === 0) return [];
  return [...[head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`), ''];
}
