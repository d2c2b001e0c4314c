import { UNSENT_SHARE } from './break-and-mend.js';
import type { DrillVerdict } from './drill-report.js';
import type { PlacedFault } from './fault.js';

/** One fault, or two at once, and what clients of both tiers felt from the fault until a second after the return. */
export interface SoakRound {
  faults: PlacedFault[];
  sent: number;
  failed: number;
  failuresByReason: Record<string, number>;
  unsent: number;
  /** Connections: keep-alive and downloads. */
  broken: number;
  /** From the heal until the lab was seen in its steady state. */
  returnMs: number;
  /** What has gone wrong with the faults themselves. */
  remarks: string[];
}

/** What a round says about the soak. */
export function verdictOf({ faults, failed, failuresByReason, sent, unsent, remarks }: SoakRound): {
  verdict: DrillVerdict;
  because?: string;
} {
  if (remarks.length > 0) return { verdict: 'fail', because: remarks.join('; ') };
  // What is lost while something else is broken is not the planned operation's.
  if (faults.length > 1 || faults[0]!.fault.tag !== 'planned') return { verdict: 'pass' };
  const reasons = Object.entries(failuresByReason).map(([reason, count]) => `${count} ${reason}`);
  if (failed > 0) return { verdict: 'fail', because: `planned, and ${failed} requests failed (${reasons.join(', ')})` };
  if (unsent > (sent + unsent) * UNSENT_SHARE)
    return { verdict: 'unknown', because: `the prober could not keep its rate: ${unsent} unsent` };
  return { verdict: 'pass' };
}

/** What some rounds of a fault have come to. */
export interface SoakFigures {
  runs: number;
  failed: number;
  slowestReturnMs: number;
}

/** A fault on its own, and with another one at the same time, whose failures are its own as well. */
export interface SoakRow {
  fault: string;
  alone: SoakFigures;
  withAnother: SoakFigures;
}

/** @returns a row for each fault that there was, by name */
export function rowsOf(rounds: SoakRound[]): SoakRow[] {
  const names = [...new Set(rounds.flatMap(({ faults }) => faults.map(({ fault }) => fault.name)))].sort();
  const figuresOf = (of: SoakRound[]): SoakFigures => ({
    runs: of.length,
    failed: of.reduce((sum, { failed }) => sum + failed, 0),
    slowestReturnMs: Math.max(0, ...of.map(({ returnMs }) => returnMs)),
  });
  return names.map((name) => {
    const own = rounds.filter(({ faults }) => faults.some(({ fault }) => fault.name === name));
    return {
      fault: name,
      alone: figuresOf(own.filter(({ faults }) => faults.length === 1)),
      withAnother: figuresOf(own.filter(({ faults }) => faults.length > 1)),
    };
  });
}
