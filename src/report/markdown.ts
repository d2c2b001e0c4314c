import type { DrillReport, DrillResult } from '../drill/drill-report.js';
import { SHORT_DRILL_COLUMNS } from './columns.js';
import { count, duration, placeOf, predictionOf, profileOf } from './words.js';

/** The summary as a Markdown table, with what it was measured on: to be pasted into a README or a pull request. */
export function markdownSummary({ drills, machine, load, startedAt, lab, findings = [] }: DrillReport): string {
  const figures = SHORT_DRILL_COLUMNS.map(({ head }) => head.toLowerCase());
  const head = ['fault', 'where', 'profile', 'predicted', ...figures, 'runs', 'verdict'];
  const { ratePerSecond, keepAliveConnections, downloads, timeoutMs } = load;
  return [
    markdownTable(head, drills.map(row)),
    '',
    `Measured on ${startedAt.slice(0, 10)} in ${lab} on ${machine.cpus} x ${machine.cpuModel}, ${machine.memoryGb} GB, Linux ${machine.kernel}: ` +
      `${ratePerSecond} requests/s on fresh connections that wait ${duration(timeoutMs)}, ${keepAliveConnections} keep-alive connections, ${downloads} downloads.`,
    '',
    ...findings.map(({ rule, severity, place, happens }) => escaped(`- ${severity}: ${place} ${rule}: ${happens}`)),
    ...(findings.length > 0 ? [''] : []),
  ].join('\n');
}

function row(drill: DrillResult): string[] {
  const { fault, statistics, runs, skippedBecause, verdict } = drill;
  const where = [fault, placeOf(drill), profileOf(drill), predictionOf(drill)];
  const [, ...others] = SHORT_DRILL_COLUMNS;
  const figures = statistics
    ? SHORT_DRILL_COLUMNS.map(({ cell }) => cell(statistics))
    : [skippedBecause ?? 'not measured', ...others.map(() => '-')];
  return [...where, ...figures, count(runs.length), verdict ?? 'skipped'];
}

/** Whatever the texts say, a cell stays a cell. */
export function markdownTable(head: string[], rows: string[][]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(escaped).join(' | ')} |`).join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
}
