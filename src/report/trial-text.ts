import { styleText } from 'node:util';
import Table from 'cli-table3';
import { type Finding } from '../check/finding.js';
import type { WhatIfRow } from '../check/what-if/what-if.js';
import type { DrillReport, DrillResult } from '../drill/drill-report.js';
import { duration, predicted } from './words.js';

/** What machines need beside the timers, and a look of the prober. */
const RESERVE_MS = 150;

interface Tried {
  row: WhatIfRow;
  mastersSeen: string[][];
}

/** What drills of a pair came to, beside what `check` says of it. @param tried in the order of the report's drills */
export function trialText({ drills, load, verdict }: DrillReport, tried: Tried[], findings: Finding[]): string {
  const table = new Table({
    style: { head: [], border: [], compact: true },
    head: ['fault', 'on', 'master then', 'predicted', 'outage', 'failed', 'as check says', 'verdict'],
  });
  drills.forEach((drill, at) => table.push(rowOf(drill, tried[at]!)));
  const serious = findings.filter(({ severity }) => severity !== 'info');
  return [
    table.toString(),
    `${load.ratePerSecond} requests/s, each on a connection of its own; verdict: ${verdict}`,
    ...serious.map(
      ({ rule, severity, position: { file, line }, happens }) => `${severity}: ${file}:${line} ${rule}\n  ${happens}`,
    ),
    '',
  ].join('\n');
}

function rowOf(drill: DrillResult, { row, mastersSeen }: Tried): string[] {
  const { fault, node, prediction, statistics, verdict } = drill;
  const seen = [...new Set(mastersSeen.map((names) => names.join(' and ') || 'nobody'))].join(', ');
  const outage = statistics ? outageText(drill) : '-';
  const failed = statistics ? `${statistics.failed} of ${statistics.sent}` : '-';
  const agrees = statistics && isAsPredicted(drill, row, mastersSeen);
  const word = agrees === null ? '-' : agrees ? styleText('green', 'yes') : styleText('red', 'no');
  return [fault, node ?? '', seen, predicted(prediction), outage, failed, word, verdict ?? '-'];
}

function outageText({ runs, statistics }: DrillResult): string {
  const isOpen = runs.some(({ measured }) => measured.outages.fault.at(-1)?.open);
  const { outageMs } = statistics!;
  return isOpen ? 'until it was mended' : outageMs.maxMs === 0 ? 'none' : duration(outageMs.maxMs);
}

/** Who is master, and for how long nobody answered. */
function isAsPredicted({ runs, prediction }: DrillResult, row: WhatIfRow, mastersSeen: string[][]): boolean {
  const isWho = mastersSeen.every((names) =>
    row.outcome === 'moves'
      ? names.includes(row.newMaster!)
      : row.outcome === 'nobody'
        ? names.length === 0
        : names.join() === row.mastersBefore.join(),
  );
  // Of several masters a client goes on with the one whose address it has.
  if (row.mastersBefore.length > 1) return isWho;
  const isWhen = runs.every(({ measured }) => {
    const windows = measured.outages.fault;
    const isOpen = windows.at(-1)?.open ?? false;
    if (prediction.untilMs === null) return isOpen;
    const longestMs = Math.max(0, ...windows.map(({ durationMs }) => durationMs));
    return !isOpen && longestMs <= prediction.untilMs + RESERVE_MS;
  });
  return isWho && isWhen;
}
