import type { DrillReport, DrillResult } from '../drill/drill-report.js';
import { count, duration, placeOf, predicted, spread } from './words.js';

/** The summary as a Markdown table, with what it was measured on: to be pasted into a README or a pull request. */
export function markdownSummary({ drills, machine, load, startedAt, lab }: DrillReport): string {
  const head = [
    'fault',
    'where',
    'profile',
    'predicted',
    'outage (median / p95 / max)',
    'failed',
    'broken',
    'runs',
    'verdict',
  ];
  const { ratePerSecond, keepAliveConnections, downloads, timeoutMs } = load;
  const lines = [head, head.map(() => '---'), ...drills.map(row)].map(
    (cells) => `| ${cells.map(escaped).join(' | ')} |`,
  );
  return [
    ...lines,
    '',
    `Measured on ${startedAt.slice(0, 10)} in ${lab} on ${machine.cpus} x ${machine.cpuModel}, ${machine.memoryGb} GB, Linux ${machine.kernel}: ` +
      `${ratePerSecond} requests/s on fresh connections that wait ${duration(timeoutMs)}, ${keepAliveConnections} keep-alive connections, ${downloads} downloads.`,
    '',
  ].join('\n');
}

function row(drill: DrillResult): string[] {
  const { fault, profile, prediction, statistics, runs, skippedBecause, verdict } = drill;
  const where = [fault, placeOf(drill), profile, predicted(prediction)];
  if (!statistics)
    return [...where, skippedBecause ?? 'not measured', '-', '-', count(runs.length), verdict ?? 'skipped'];
  const { outageMs, failed, sent, broken, brokenDownloads } = statistics;
  return [
    ...where,
    spread(outageMs),
    `${count(failed)} of ${count(sent)}`,
    count(broken + brokenDownloads),
    count(runs.length),
    verdict ?? '-',
  ];
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
}
