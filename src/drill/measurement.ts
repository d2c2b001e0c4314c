import type { RunMarks, RunMeasurement } from './drill-report.js';
import { longestGapMs, outageWindows } from './outage.js';
import type { ProbeBreakage, ProbeSample } from './probe/probe-event.js';
import { percentile } from './spread.js';

/** A good answer that took longer is counted as slow. */
const SLOW_MS = 100;

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
  const failed = during.filter(({ outcome }) => outcome === 'failed');
  const latenciesMs = during.flatMap(({ outcome, latencyMs }) => (outcome === 'ok' ? [latencyMs ?? 0] : []));
  const between = (fromMs: number, untilMs: number) => during.filter(({ dueMs }) => dueMs >= fromMs && dueMs < untilMs);
  const outages = {
    fault: outageWindows(between(faultMs, healMs), healMs),
    heal: outageWindows(between(healMs, endMs), endMs),
  };
  const windows = [...outages.fault, ...outages.heal];
  const brokenDuring = breakages.filter(({ atMs }) => atMs >= faultMs && atMs < endMs);
  const brokenDownloads = brokenDuring.filter(({ kind }) => kind === 'download').length;
  return {
    sent: during.filter(({ outcome }) => outcome !== 'unsent').length,
    failed: failed.length,
    failuresByReason: countsOf(failed.map(({ reason }) => reason ?? 'unknown')),
    unsent: during.filter(({ outcome }) => outcome === 'unsent').length,
    slow: latenciesMs.filter((ms) => ms > SLOW_MS).length,
    outages,
    outageMs: Math.max(0, ...windows.map(({ durationMs }) => durationMs)),
    unavailableMs: windows.reduce((sum, { durationMs }) => sum + durationMs, 0),
    longestGapMs: longestGapMs(during, faultMs, endMs),
    latencyP50Ms: latenciesMs.length > 0 ? percentile(latenciesMs, 50) : null,
    latencyP99Ms: latenciesMs.length > 0 ? percentile(latenciesMs, 99) : null,
    latencyMaxMs: latenciesMs.length > 0 ? Math.max(...latenciesMs) : null,
    broken: brokenDuring.length - brokenDownloads,
    brokenDownloads,
    breakagesByReason: countsOf(brokenDuring.map(({ reason }) => reason)),
    recoveryMs: outages.fault.length > 0 ? outages.fault.at(-1)!.untilMs - faultMs : 0,
    healthyAfterHealMs: recoveredMs - healMs,
    resolutionMs: percentile([0, ...during.map(({ lateMs }) => lateMs)], 99),
    dualMasterMs,
  };
}

function countsOf(reasons: string[]): Record<string, number> {
  const groups = Object.entries(Object.groupBy(reasons, (reason) => reason));
  return Object.fromEntries(groups.map(([reason, those]) => [reason, those!.length]));
}
