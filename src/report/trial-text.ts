import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { DrillReport, DrillResult } from '../drill/drill-report.js';
import { withoutControls as plain } from './check/lines.js';
import { agreement, duration, predicted, predictionOf } from './words.js';

/** What drills of a pair came to, beside what `check` says of it. */
export function trialText({ drills, load, verdict, findings = [] }: DrillReport): string {
  const hasSessions = load.keepAliveConnections > 0;
  const isOne = new Set(drills.map(({ tried }) => tried?.virtualIp)).size <= 1;
  const table = new Table({
    style: { head: [], border: [], compact: true },
    head: [
      ...['fault', ...(isOne ? [] : ['virtual IP']), 'on', 'master then', 'predicted', 'outage', 'failed'],
      ...[
        ...(hasSessions ? ['broken sessions'] : []),
        'as check says',
        ...(drills[0] ? [`this lab, ${drills[0].profile}`] : []),
        'verdict',
      ],
    ],
  });
  for (const drill of drills) {
    const { fault, tried, statistics, verdict: own } = drill;
    table.push([
      ...[fault, ...(isOne ? [] : [tried?.virtualIp ?? '']), tried?.on ?? '', tried?.mastersThen.join(', ') ?? ''],
      ...[predictionOf(drill), outageText(drill), statistics ? `${statistics.failed} of ${statistics.sent}` : '-'],
      ...(hasSessions ? [statistics ? sessionsText(drill) : '-'] : []),
      ...[agreementText(drill), tried?.inLab ? predicted(tried.inLab) : '-', own ?? '-'],
    ]);
  }
  const sessions = hasSessions ? `, beside ${load.keepAliveConnections} sessions` : '';
  return [
    table.toString(),
    `${load.ratePerSecond} requests/s, each on a connection of its own${sessions}; verdict: ${verdict}`,
    ...findings.map(
      ({ rule, severity, place, happens }) => `${severity}: ${plain(place)} ${rule}\n  ${plain(happens)}`,
    ),
    '',
  ].join('\n');
}

function outageText({ tried, statistics }: DrillResult): string {
  if (!statistics) return '-';
  const { maxMs } = statistics.outageMs;
  return tried?.lastsUntilMended ? 'until it was mended' : maxMs === 0 ? 'none' : duration(maxMs);
}

/** How many broke, and of them those that heard nothing more and waited. */
function sessionsText({ runs }: DrillResult): string {
  const reasons = runs.flatMap(({ measured }) => Object.entries(measured.breakagesByReason));
  const sum = (those: [string, number][]) => those.reduce((all, [, count]) => all + count, 0);
  const hung = sum(reasons.filter(([reason]) => reason === 'timeout'));
  return hung > 0 ? `${sum(reasons)}, ${hung} hung` : String(sum(reasons));
}

function agreementText({ tried }: DrillResult): string {
  const word = agreement(tried?.isAsPredicted ?? null);
  return word === 'yes' ? styleText('green', word) : word === 'no' ? styleText('red', word) : word;
}
