import type { DrillResult, DrillRun, Prediction } from '../drill/drill-report.js';
import type { Spread } from '../drill/spread.js';

/** A node, or what the fault is of when it is of no single one; of a pair of the user's with its virtual IP. */
export function placeOf({ node, tier, tried }: DrillResult): string {
  return tried ? `${tried.on} (${tried.virtualIp})` : (node ?? `the ${tier} tier`);
}

/** Under which profile; a pair of the user's has its own timers. */
export function profileOf({ profile, tried }: DrillResult): string {
  return tried ? 'its own' : profile;
}

/** Whether it was as predicted, in a word; `-` when that is not known. */
export function agreement(isAsPredicted: boolean | null): string {
  return isAsPredicted === null ? '-' : isAsPredicted ? 'yes' : 'no';
}

export function titleOf(drill: DrillResult): string {
  return `${drill.fault} on ${placeOf(drill)}`;
}

/** Not so when the lab was not steady before the fault: there are no figures then, only zeros. */
export function wasMeasured({ measured: { sent, unsent } }: DrillRun): boolean {
  return sent + unsent > 0;
}

/** As fine as the figure is worth: `0 ms`, `0.42 ms`, `4.2 ms`, `420 ms`, `42.0 s`. */
export function duration(ms: number): string {
  if (Math.abs(ms) >= 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${bare(ms)} ms`;
}

/** One figure when there is but one. */
export function spread({ medianMs, p95Ms, maxMs }: Spread): string {
  if (medianMs === maxMs) return duration(maxMs);
  if (maxMs >= 10_000) return [medianMs, p95Ms, maxMs].map(duration).join(' / ');
  return `${[medianMs, p95Ms, maxMs].map(bare).join(' / ')} ms`;
}

export function predicted({ fromMs, untilMs }: Prediction): string {
  if (untilMs === null) return fromMs > 0 ? `from ${duration(fromMs)} on` : 'while the fault lasts';
  if (untilMs === 0) return 'none';
  if (fromMs === untilMs) return duration(untilMs);
  return untilMs >= 10_000 ? `${duration(fromMs)} to ${duration(untilMs)}` : `${bare(fromMs)} to ${duration(untilMs)}`;
}

/** What was predicted of a drill; `-` of a pair where that is not known. */
export function predictionOf({ prediction, tried }: DrillResult): string {
  return tried && !tried.isPredicted ? '-' : predicted(prediction);
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

function bare(ms: number): string {
  if (ms === 0 || Math.abs(ms) >= 10) return String(Math.round(ms));
  return ms.toFixed(Math.abs(ms) < 1 ? 2 : 1);
}
