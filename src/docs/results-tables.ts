import type { DrillReport, DrillResult } from '../drill/drill-report.js';
import { count, duration } from '../report/words.js';

/** What a README has room for: a fault of each kind, on the tier that others do not add to. */
const SHORT = [
  'stop-haproxy',
  'rolling-restart',
  'kill-app',
  'hang-app',
  'kill-haproxy',
  'power-off-node',
  'unplug-node',
  'partition-node',
  'freeze-node',
  'hang-haproxy',
];

/** A few faults on one tier, a column for each profile: the median outage, and the failed requests of all runs. */
export function shortResults({ drills, startedAt, machine, load }: DrillReport): string {
  const rows = SHORT.map((fault) => {
    const [tuned, classic] = (['tuned', 'classic'] as const).map((profile) =>
      drills.find((drill) => drill.fault === fault && drill.tier === 'backend' && drill.profile === profile),
    );
    return [fault, tuned?.tag ?? '', cost(tuned), cost(classic)];
  });
  const runs = Math.max(0, ...drills.map((drill) => drill.runs.length));
  return [
    table(['broken on purpose', 'kind', '`tuned`', '`classic`'], rows),
    '',
    `${runs} runs each on the backend tier, ${load.ratePerSecond} requests/s, on ${startedAt.slice(0, 10)}: ` +
      `${machine.cpus} x ${machine.cpuModel}, in containers.`,
  ].join('\n');
}

function cost(drill: DrillResult | undefined): string {
  if (!drill?.statistics) return '-';
  const { outageMs, failed, sent } = drill.statistics;
  const outage = outageMs.maxMs === 0 ? 'no outage' : duration(outageMs.medianMs);
  return `${outage}, ${count(failed)} of ${count(sent)} failed`;
}

function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
