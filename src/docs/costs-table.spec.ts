import { expect, it } from '@jest/globals';
import type { DrillReport, DrillResult } from '../drill/drill-report.js';
import { sampleReport } from '../report/testing/sample-report.js';
import { costsTable } from './costs-table.js';

/** The cells of the line that begins so. */
function lineOf(table: string, begin: string): string[] {
  const line = table.split('\n').find((one) => one.startsWith(`| ${begin}`))!;
  return line
    .split('|')
    .map((cell) => cell.trim())
    .slice(2, -1);
}

function reportOf(...drills: Partial<DrillResult>[]): DrillReport {
  const report = sampleReport();
  const [usual] = report.drills;
  return { ...report, drills: drills.map((drill) => ({ ...usual!, ...drill })) };
}

function figures(maxMs: number, failed: number, sent: number): DrillResult['statistics'] {
  return { ...sampleReport().drills[0]!.statistics!, outageMs: { medianMs: 0, p95Ms: maxMs, maxMs }, failed, sent };
}

it('adds up the failures of all planned operations, and shows the outage of the worst one', () => {
  const planned = { tag: 'planned' as const, profile: 'tuned' as const };
  const report = reportOf(
    { ...planned, fault: 'stop-app', statistics: figures(0, 0, 1_000) },
    { ...planned, fault: 'drain-node', statistics: figures(20, 3, 2_000) },
    { ...planned, fault: 'restart-app', statistics: figures(10, 1, 500) },
  );
  expect(lineOf(costsTable(report), 'services and nodes')).toEqual(['0 / 20 / 20 ms', '4 of 3,500', '', '']);
});

it('has both profiles beside each other', () => {
  const report = reportOf(
    { fault: 'kill-app', profile: 'classic', statistics: figures(1_200, 90, 800) },
    { fault: 'kill-app', profile: 'tuned', statistics: figures(0, 0, 700) },
  );
  expect(lineOf(costsTable(report), 'application killed')).toEqual([
    ...['none', '0 of 700'],
    ...['0 / 1200 / 1200 ms', '90 of 800'],
  ]);
});
