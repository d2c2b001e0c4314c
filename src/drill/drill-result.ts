import { overrunsOf } from './budgets.js';
import type {
  Budget,
  DrillLoad,
  DrillResult,
  DrillRun,
  DrillStatistics,
  DrillVerdict,
  RunMarks,
  RunMeasurement,
  RunTimeline,
} from './drill-report.js';
import type { Fault, FaultTarget } from './fault.js';
import { METRIC_NAMES, metricNamed } from './metrics.js';
import { spreadOf } from './spread.js';

/** A measured p95 that is so much beyond the prediction means that the model, or the configuration, is not what one thinks. */
const RESERVE_MS = 100;
const RESERVE_FACTOR = 1.5;
/** The nodes' logs count whole milliseconds. */
const LOG_RESOLUTION_MS = 1;

/** What makes a run the one to show, what counts most first. */
const BADNESS = ['outageMs', 'failed', 'broken', 'brokenDownloads', 'longestGapMs'] as const;
type Badness = Pick<RunMeasurement, (typeof BADNESS)[number]>;

/** Which of two runs is the one to show. */
export function isWorse(one: Badness, other: Badness): boolean {
  const decisive = BADNESS.find((figure) => one[figure] !== other[figure]);
  return decisive !== undefined && one[decisive] > other[decisive];
}

/** What the runs of a drill come to together. */
export function resultOf(
  fault: Fault,
  target: FaultTarget,
  load: DrillLoad,
  skippedBecause: string | null,
  budget: Budget | null,
  runs: DrillRun[],
  timeline: RunTimeline | null,
): DrillResult {
  const statistics = statisticsOf(runs.filter(({ marks }) => marks.endMs > 0));
  const prediction = fault.predict(target, load);
  const overruns = budget && statistics ? overrunsOf(budget, statistics) : [];
  const remarks = [
    ...new Set([...runs.flatMap((run) => run.remarks.map((line) => `run ${run.number}: ${line}`)), ...overruns]),
  ];
  if (statistics && prediction.untilMs !== null) {
    const { p95Ms } = statistics.outageMs;
    if (p95Ms > prediction.untilMs * RESERVE_FACTOR + RESERVE_MS)
      remarks.push(
        `an outage of ${Math.round(p95Ms)} ms (p95) is far more than predicted (${Math.round(prediction.untilMs)} ms): the machine is busy, or the model or the configuration is not what it seems`,
      );
  }
  return {
    fault: fault.name,
    tag: fault.tag,
    description: fault.description,
    tier: target.tier.name,
    node: fault.scope === 'node' ? target.node.name : null,
    profile: target.cluster.profileName,
    asked: fault.asks ?? target.tier.name,
    timeoutMs: load.timeoutMs,
    skippedBecause,
    prediction,
    classicClaim: fault.classicClaim,
    budget,
    runs,
    statistics,
    verdict:
      skippedBecause === null
        ? worstOf([...runs.map(({ verdict }) => verdict), overruns.length > 0 ? 'fail' : 'pass'])
        : null,
    remarks,
    timeline,
  };
}

/** The worst verdict: `fail`, then `unknown`, then `pass`; `pass` for none. */
export function worstOf(verdicts: DrillVerdict[]): DrillVerdict {
  return (['fail', 'unknown'] as const).find((verdict) => verdicts.includes(verdict)) ?? 'pass';
}

function statisticsOf(runs: DrillRun[]): DrillStatistics | null {
  if (runs.length === 0) return null;
  const entries = METRIC_NAMES.flatMap((name) => {
    const { ofRuns } = metricNamed(name);
    const figures = runs.map(({ measured }) => measured[name] ?? 0);
    if (ofRuns === undefined) return [];
    return [[name, ofRuns === 'spread' ? spreadOf(figures) : figures.reduce((sum, figure) => sum + figure, 0)]];
  });
  return Object.fromEntries(entries) as DrillStatistics;
}

/** What is known of the way from the fault to the first good answer. */
export function stepsOf(
  fault: Fault,
  { node }: FaultTarget,
  { faultMs, healMs }: RunMarks,
  lanes: RunTimeline['lanes'],
  servedMs: number | undefined,
): RunTimeline['steps'] {
  const first = (wanted: string, isMeant: (lane: string) => boolean) =>
    lanes
      .filter(({ name }) => isMeant(name))
      .flatMap(({ states }) => states)
      .filter(({ fromMs, state }) => fromMs >= faultMs - LOG_RESOLUTION_MS && fromMs < healMs && state === wanted)
      .map(({ fromMs }) => fromMs)
      .sort((one, other) => one - other)[0];
  const isTarget = (name: string) => fault.scope === 'node' && name.startsWith(`${node.name} `);
  const steps = [
    { name: 'fault', atMs: faultMs },
    { name: 'detected', atMs: first('FAULT', isTarget) },
    { name: 'elected', atMs: first('MASTER', (name) => !isTarget(name)) },
    { name: 'first good answer', atMs: servedMs },
  ];
  return steps.filter((step): step is { name: string; atMs: number } => step.atMs !== undefined);
}
