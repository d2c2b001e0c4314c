import { attributes, escaped } from './xml.js';
import type { DrillReport, DrillResult } from '../drill/drill-report.js';
import { flattened } from './columns.js';
import { profileOf, titleOf } from './words.js';

/** What CI systems read: a suite per profile, a case per drill. */
export function junitXml(report: DrillReport): string {
  const suites = Map.groupBy(report.drills, profileOf);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: 'ha-demo drills', ...totals(report.drills) })}>`,
    ...[...suites].map(([profile, drills]) => suite(report, profile, drills)),
    '</testsuites>\n',
  ].join('\n');
}

function suite(report: DrillReport, profile: string, drills: DrillResult[]): string {
  const { cluster, lab, seed, load, machine } = report;
  return [
    `<testsuite${attributes({ name: profile, timestamp: report.startedAt, ...totals(drills) })}>`,
    properties({
      cluster,
      lab,
      seed,
      ratePerSecond: load.ratePerSecond,
      timeoutMs: load.timeoutMs,
      keepAliveConnections: load.keepAliveConnections,
      downloads: load.downloads,
      cpus: machine.cpus,
      cpuModel: machine.cpuModel,
      memoryGb: machine.memoryGb,
      kernel: machine.kernel,
    }),
    ...drills.map(testcase),
    '</testsuite>',
  ].join('\n');
}

function testcase(drill: DrillResult): string {
  const { tier, statistics } = drill;
  return [
    `<testcase${attributes({ classname: tier, name: titleOf(drill), time: secondsOf([drill]) })}>`,
    ...(statistics
      ? [
          properties({
            runs: drill.runs.length,
            predictedFromMs: drill.prediction.fromMs,
            predictedUntilMs: drill.prediction.untilMs ?? 'as long as the fault lasts',
            ...flattened(statistics),
          }),
        ]
      : []),
    ...outcome(drill),
    '</testcase>',
  ].join('\n');
}

/** Nothing for a drill that passed, unless there is something to remark. */
function outcome({ skippedBecause, verdict, remarks }: DrillResult): string[] {
  if (skippedBecause !== null) return [`<skipped${attributes({ message: skippedBecause })}/>`];
  const text = escaped(remarks.join('\n'));
  const message = attributes({ message: remarks[0] ?? 'no remark' });
  if (verdict === 'fail') return [`<failure type="fail"${message}>${text}</failure>`];
  if (verdict === 'unknown') return [`<error type="unknown"${message}>${text}</error>`];
  return remarks.length > 0 ? [`<system-out>${text}</system-out>`] : [];
}

function totals(drills: DrillResult[]): Record<string, number> {
  const having = (verdict: DrillResult['verdict']) => drills.filter((drill) => drill.verdict === verdict).length;
  return {
    tests: drills.length,
    failures: having('fail'),
    errors: having('unknown'),
    skipped: drills.filter(({ skippedBecause }) => skippedBecause !== null).length,
    time: secondsOf(drills),
  };
}

/** From each run's first sample to its end. */
function secondsOf(drills: DrillResult[]): number {
  const ms = drills.flatMap(({ runs }) => runs).reduce((sum, { marks }) => sum + marks.endMs, 0);
  return Math.round(ms) / 1_000;
}

function properties(values: Record<string, string | number>): string {
  const each = Object.entries(values).map(
    ([name, value]) => `<property${attributes({ name, value: rounded(value) })}/>`,
  );
  return `<properties>${each.join('')}</properties>`;
}

function rounded(value: string | number): string | number {
  return typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value;
}
