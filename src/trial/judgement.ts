import type { WhatIfRow } from '../check/what-if/what-if.js';
import type { DrillResult, DrillRun, TriedPair } from '../drill/drill-report.js';
import type { TrialDrill } from './trial-drills.js';

/** What machines need beside the timers, and a look of the prober. */
const RESERVE_MS = 150;

/** Clients that have come so shortly before the heal may still be served. */
const LAST_CLIENTS_MS = 500;

/**
 * What a drill of a pair came to, beside what `check` says of it.
 */
export function judged(
  result: DrillResult,
  { row, inLab, mastersSeen }: Pick<TrialDrill, 'row' | 'inLab' | 'mastersSeen'>,
  virtualIp: string,
): TriedPair {
  // One that was not steady before was not run.
  const runs = result.runs.filter(({ marks }) => marks.endMs > 0);
  const isKnown = runs.length > 0 && row.outcome !== 'unknown';
  return {
    virtualIp,
    on: row.on,
    inLab,
    mastersThen: [...new Set(mastersSeen.map((names) => names.join(' and ') || 'nobody'))],
    lastsUntilMended: runs.some(lastsUntilMended),
    isPredicted: row.outcome !== 'unknown',
    isAsPredicted: isKnown ? isAsPredicted({ ...result, runs }, row, mastersSeen) : null,
  };
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
        : names.toSorted().join() === row.mastersBefore.toSorted().join() ||
          // It stays with nobody, too.
          (row.outcome === 'nobody-moves' && names.length === 0),
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
