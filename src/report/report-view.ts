import { LIMITS } from '../drill/budgets.js';
import type {
  Budget,
  DrillReport,
  DrillResult,
  DrillRun,
  DrillStatistics,
  DrillVerdict,
  RunMeasurement,
  RunTimeline,
} from '../drill/drill-report.js';
import { type Column, DRILL_COLUMNS, RUN_COLUMNS, SHORT_DRILL_COLUMNS } from './columns.js';
import { outageDistribution } from './distribution.js';
import { overviewOf } from './overview.js';
import {
  agreement,
  count,
  duration,
  placeOf,
  predicted,
  predictionOf,
  profileOf,
  spread,
  titleOf,
  wasMeasured,
} from './words.js';

/** A verdict is told by a sign and a word; the colour only repeats it. */
const VERDICTS: Record<DrillVerdict, { sign: string; word: DrillVerdict }> = {
  pass: { sign: '✔', word: 'pass' },
  fail: { sign: '✘', word: 'fail' },
  unknown: { sign: '?', word: 'unknown' },
};

/** A drill that was not skipped, and its place in the report, which the page's script finds its samples by. */
interface JudgedDrill {
  index: number;
  drill: DrillResult;
  verdict: DrillVerdict;
}

/** Everything that report.hbs prints, ready to print. */
export function reportView(report: DrillReport) {
  const judged = report.drills.flatMap((drill, index): JudgedDrill[] =>
    drill.verdict === null ? [] : [{ index, drill, verdict: drill.verdict }],
  );
  const groups = byFaultAndPlace(judged);
  return {
    cluster: report.cluster,
    verdict: VERDICTS[report.verdict],
    heads: {
      drill: DRILL_COLUMNS.map(({ head }) => head),
      short: SHORT_DRILL_COLUMNS.map(({ head }) => head),
      run: RUN_COLUMNS.map(({ head }) => head),
    },
    // Beside the number of the run: its start, its verdict and its figures.
    widths: { remarks: 2 + RUN_COLUMNS.length },
    tally: tally(report, judged),
    facts: facts(report),
    overview: overviewView(groups.flat()),
    summary: groups.map((group) => ({ ...heading(group), rows: group.map(summaryRow) })),
    comparison: comparison(groups),
    skipped: report.drills
      .filter(({ verdict }) => verdict === null)
      .map((drill) => ({ title: titleOf(drill), profile: drill.profile, because: drill.skippedBecause })),
    findings: report.findings ?? [],
    drills: groups.flat().map(section),
  };
}

/** In the order of the report; what differs in the profile alone stands together. */
function byFaultAndPlace(judged: JudgedDrill[]): JudgedDrill[][] {
  const keyOf = ({ drill: { fault, tier, node, tried } }: JudgedDrill) =>
    JSON.stringify([fault, tier, node, tried?.virtualIp]);
  return [...Map.groupBy(judged, keyOf).values()];
}

function tally(report: DrillReport, judged: JudgedDrill[]): string {
  const skipped = report.drills.length - judged.length;
  const counts = (['pass', 'fail', 'unknown'] as const).map(
    (word) => [judged.filter(({ verdict }) => verdict === word).length, word] as const,
  );
  return [...counts, [skipped, 'skipped'] as const]
    .filter(([number]) => number > 0)
    .map(([number, word]) => `${number} ${word}`)
    .join(', ');
}

function facts({ lab, machine, load, seed, startedAt, finishedAt }: DrillReport) {
  const { ratePerSecond, timeoutMs, keepAliveConnections, downloads } = load;
  return [
    { name: 'Lab', value: lab },
    { name: 'Started', value: time(startedAt) },
    { name: 'Finished', value: time(finishedAt) },
    {
      name: 'Load',
      value:
        `${ratePerSecond} requests/s on fresh connections that wait ${duration(timeoutMs)}, ` +
        `${keepAliveConnections} keep-alive connections, ${downloads} downloads`,
    },
    {
      name: 'Machine',
      value: `${machine.cpus} x ${machine.cpuModel}, ${machine.memoryGb} GB, Linux ${machine.kernel}`,
    },
    { name: 'Seed', value: String(seed) },
  ];
}

/** The profile is told where there are several. */
function overviewView(judged: JudgedDrill[]) {
  const overview = overviewOf(judged);
  if (!overview) return null;
  const isOneProfile = new Set(overview.rows.map(({ profile }) => profile)).size === 1;
  return {
    ...overview,
    rows: overview.rows.map(({ index, title, profile, ...row }) => ({
      ...row,
      anchor: anchorOf(index),
      title: isOneProfile ? title : `${title}, ${profile}`,
      profile,
    })),
  };
}

function heading(group: JudgedDrill[]) {
  const { index, drill } = group[0]!;
  return { anchor: anchorOf(index), fault: drill.fault, place: placeOf(drill) };
}

function summaryRow({ index, drill, verdict }: JudgedDrill) {
  return {
    anchor: anchorOf(index),
    profile: profileOf(drill),
    runCount: drill.runs.length,
    predicted: predictionOf(drill),
    claim: drill.classicClaim,
    figures: cellsOf(DRILL_COLUMNS, drill.statistics),
    verdict: VERDICTS[verdict],
    budget: budgetWords(drill.budget),
  };
}

function cellsOf(columns: Column<DrillStatistics>[], statistics: DrillStatistics | null): string[] {
  return columns.map(({ cell }) => (statistics ? cell(statistics) : '-'));
}

/** The profiles beside each other, where both were run; null when there is no such pair. */
function comparison(groups: JudgedDrill[][]) {
  const pairs = groups.filter((group) => group.length > 1);
  if (pairs.length === 0) return null;
  const medianOf = ({ drill }: JudgedDrill) => drill.statistics?.outageMs.medianMs ?? 0;
  const mostMs = Math.max(1, ...pairs.flat().map(medianOf));
  return pairs.map((group) => ({
    ...heading(group),
    profiles: group.map((judged) => ({
      profile: judged.drill.profile,
      runCount: judged.drill.runs.length,
      percent: Math.round((medianOf(judged) / mostMs) * 1_000) / 10,
      figures: cellsOf(SHORT_DRILL_COLUMNS, judged.drill.statistics),
    })),
  }));
}

function section(judged: JudgedDrill) {
  const { index, drill } = judged;
  const { timeline, prediction, runs } = drill;
  return {
    ...summaryRow(judged),
    index,
    title: titleOf(drill),
    tag: drill.tag,
    description: drill.description,
    because: prediction.because,
    outage: drill.statistics ? spread(drill.statistics.outageMs) : '-',
    clients: `They ask ${drill.tried?.virtualIp ?? `the ${drill.asked} tier`} and wait ${duration(drill.timeoutMs)}.`,
    remarks: drill.remarks,
    tried: drill.tried && {
      masterThen: drill.tried.mastersThen.join(', ') || 'not seen',
      asPredicted: agreement(drill.tried.isAsPredicted),
      inLab: drill.tried.inLab && { profile: drill.profile, predicted: predicted(drill.tried.inLab) },
    },
    timeline: timeline && timeline.samples.dueMs.length > 0 ? timelineView(timeline, drill) : null,
    distribution: outageDistribution(drill),
    runs: runs.map(runRow),
  };
}

function timelineView(timeline: RunTimeline, { runs }: DrillResult) {
  const { outcome } = timeline.samples;
  const failed = outcome.filter((each) => each === 'failed').length;
  const of = runs.length > 1 ? `Run ${timeline.run} of ${runs.length}, the worst one` : 'The run';
  return {
    caption: `${of}: ${count(outcome.length)} requests, ${count(failed)} failed.`,
    phases: phases(timeline),
  };
}

/** From one step to the next; null when too little is known. */
function phases({ steps }: RunTimeline) {
  const inTime = steps.toSorted((a, b) => a.atMs - b.atMs);
  const each = inTime.slice(1).map((step, index) => {
    const before = inTime[index]!;
    const ms = step.atMs - before.atMs;
    return { name: `${before.name} → ${step.name}`, length: duration(ms), share: ms, colour: index % 4 };
  });
  return each.length > 0 ? each : null;
}

function runRow(run: DrillRun) {
  const row = {
    number: run.number,
    startedAt: time(run.startedAt).slice(11, 19),
    verdict: VERDICTS[run.verdict],
  };
  if (!wasMeasured(run)) return { ...row, figures: null, remarks: run.remarks.join('; ') };
  return {
    ...row,
    figures: RUN_COLUMNS.map(({ cell }) => cell(run.measured)),
    remarks: [...reasonsOf(run.measured), ...run.remarks].join('; '),
  };
}

function reasonsOf({ failuresByReason, breakagesByReason }: RunMeasurement): string[] {
  return [...linesOf('failed', failuresByReason), ...linesOf('broken', breakagesByReason)];
}

/** None, or one that says what, and why. */
function linesOf(what: string, countsByReason: Record<string, number>): string[] {
  const reasons = Object.entries(countsByReason).map(([reason, times]) => `${count(times)} ${reason}`);
  return reasons.length > 0 ? [`${what}: ${reasons.join(', ')}`] : [];
}

function budgetWords(budget: Budget | null): string {
  if (!budget) return '-';
  const limits = Object.entries(budget) as [keyof Budget, number][];
  return limits
    .map(([name, most]) => {
      const { inShort, unit } = LIMITS[name];
      return `${inShort} ≤ ${unit === 'ms' ? duration(most) : unit ? `${most} ${unit}` : most}`;
    })
    .join(', ');
}

function anchorOf(index: number): string {
  return `drill-${index + 1}`;
}

/** 2026-01-02T03:04:05.678Z -> 2026-01-02 03:04:05 UTC */
function time(iso: string): string {
  return iso.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');
}
