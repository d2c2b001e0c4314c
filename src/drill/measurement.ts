import type { RunMarks, RunMeasurement } from './drill-report.js';
import { figuresOf } from './metrics.js';
import { outageWindows } from './outage.js';
import type { ProbeBreakage, ProbeSample } from '../probe/probe-event.js';

/**
 * What a run has cost, from the fault on.
 * @param samples of the whole run, in the order of their due times
 */
export function measure(
  samples: ProbeSample[],
  breakages: ProbeBreakage[],
  marks: RunMarks,
  dualMasterMs: number,
): RunMeasurement {
  const { faultMs, healMs, recoveredMs, endMs } = marks;
  const during = samples.filter(({ dueMs }) => dueMs >= faultMs && dueMs < endMs);
  const between = (fromMs: number, untilMs: number) => during.filter(({ dueMs }) => dueMs >= fromMs && dueMs < untilMs);
  const outages = {
    fault: outageWindows(between(faultMs, healMs), healMs),
    heal: outageWindows(between(healMs, endMs), endMs),
  };
  const brokenDuring = breakages.filter(({ atMs }) => atMs >= faultMs && atMs < endMs);
  const latenciesMs = during.flatMap(({ outcome, latencyMs }) => (outcome === 'ok' ? [latencyMs ?? 0] : []));
  return {
    ...figuresOf({
      ...{ faultMs, healMs, recoveredMs, endMs, dualMasterMs },
      ...{ samples: during, latenciesMs, outages, breakages: brokenDuring },
    }),
    failuresByReason: countsOf(
      during.flatMap(({ outcome, reason }) => (outcome === 'failed' ? [reason ?? 'unknown'] : [])),
    ),
    breakagesByReason: countsOf(brokenDuring.map(({ reason }) => reason)),
    outages,
  };
}

function countsOf(reasons: string[]): Record<string, number> {
  const groups = Object.entries(Object.groupBy(reasons, (reason) => reason));
  return Object.fromEntries(groups.map(([reason, those]) => [reason, those!.length]));
}
