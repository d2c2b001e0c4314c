import { styleText } from 'node:util';
import Table from 'cli-table3';
import { type Finding } from '../check/finding.js';
import type { WhatIfRow } from '../check/what-if/what-if.js';
import type { DrillReport, DrillResult, DrillRun } from '../drill/drill-report.js';
import { withoutControls as plain } from './check/lines.js';
import { duration, predicted } from './words.js';

/** What machines need beside the timers, and a look of the prober. */
const RESERVE_MS = 150;

/** Clients that have come so shortly before the heal may still be served. */
const LAST_CLIENTS_MS = 500;

interface Tried {
  row: WhatIfRow;
  mastersSeen: string[][];
}

/** The drills of a virtual router, in their order. */
interface TriedRouter {
  router: { virtualIp: string };
  drills: Tried[];
}

/**
 * What drills of a pair came to, beside what `check` says of it.
 * @param trials in the order of the report's drills
 */
export function trialText({ drills, load, verdict }: DrillReport, trials: TriedRouter[], findings: Finding[]): string {
  const hasSessions = load.keepAliveConnections > 0;
  const isOne = trials.length === 1;
  const table = new Table({
    style: { head: [], border: [], compact: true },
    head: [
      ...['fault', ...(isOne ? [] : ['virtual IP']), 'on', 'master then', 'predicted', 'outage', 'failed'],
      ...[...(hasSessions ? ['broken sessions'] : []), 'as check says', 'verdict'],
    ],
  });
  const tried = trials.flatMap(({ router, drills: all }) => all.map((one) => ({ ...one, ...router })));
  drills.forEach((drill, at) => {
    const { virtualIp } = tried[at]!;
    const { fault, sessions, rest, judged } = cellsOf(drill, tried[at]!);
    table.push([fault, ...(isOne ? [] : [virtualIp]), ...rest, ...(hasSessions ? [sessions] : []), ...judged]);
  });
  const serious = findings.filter(({ severity }) => severity !== 'info');
  return [
    table.toString(),
    `${load.ratePerSecond} requests/s, each on a connection of its own${hasSessions ? `, beside ${load.keepAliveConnections} sessions` : ''}; verdict: ${verdict}`,
    ...serious.map(
      ({ rule, severity, position: { file, line }, happens }) =>
        `${severity}: ${plain(file)}:${line} ${rule}\n  ${plain(happens)}`,
    ),
    '',
  ].join('\n');
}

function cellsOf(result: DrillResult, { row, mastersSeen }: Tried) {
  // One that was not steady before was not run.
  const drill = { ...result, runs: result.runs.filter(({ marks }) => marks.endMs > 0) };
  const { fault, node, prediction, statistics, verdict } = drill;
  const seen = [...new Set(mastersSeen.map((names) => names.join(' and ') || 'nobody'))].join(', ');
  const outage = statistics ? outageText(drill) : '-';
  const failed = statistics ? `${statistics.failed} of ${statistics.sent}` : '-';
  const agrees = statistics && row.outcome !== 'unknown' ? isAsPredicted(drill, row, mastersSeen) : null;
  const word = agrees === null ? '-' : agrees ? styleText('green', 'yes') : styleText('red', 'no');
  return {
    fault,
    rest: [node ?? '', seen, predicted(prediction), outage, failed],
    sessions: statistics ? sessionsText(drill) : '-',
    judged: [word, verdict ?? '-'],
  };
}

/** How many broke, and of them those that heard nothing more and waited. */
function sessionsText({ runs }: DrillResult): string {
  const reasons = runs.flatMap(({ measured }) => Object.entries(measured.breakagesByReason));
  const sum = (those: [string, number][]) => those.reduce((all, [, count]) => all + count, 0);
  const hung = sum(reasons.filter(([reason]) => reason === 'timeout'));
  return hung > 0 ? `${sum(reasons)}, ${hung} hung` : String(sum(reasons));
}

function outageText({ runs, statistics }: DrillResult): string {
  const { outageMs } = statistics!;
  return runs.some(lastsUntilMended) ? 'until it was mended' : outageMs.maxMs === 0 ? 'none' : duration(outageMs.maxMs);
}

/** Its end is open, or what hung goes on with what had come last before. */
function lastsUntilMended({ measured, marks }: DrillRun): boolean {
  const last = measured.outages.fault.at(-1);
  return last !== undefined && (last.open || last.untilMs >= marks.healMs - LAST_CLIENTS_MS);
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
  const isWhen = runs.every((run) => {
    if (prediction.untilMs === null) return lastsUntilMended(run);
    const longestMs = Math.max(0, ...run.measured.outages.fault.map(({ durationMs }) => durationMs));
    return !lastsUntilMended(run) && longestMs <= prediction.untilMs + RESERVE_MS;
  });
  return isWho && isWhen;
}
