import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { DrillReport, TriedPair } from '../drill/drill-report.js';
import { sampleDrill, sampleReport } from './testing/sample-report.js';
import { trialText } from './trial-text.js';

const TRIED: TriedPair = {
  ...{
    virtualIp: '10.0.0.1',
    on: 'lb1',
    mastersThen: ['lb2'],
    lastsUntilMended: false,
    isPredicted: true,
    isAsPredicted: true,
  },
  inLab: { fromMs: 40, untilMs: 60, because: 'quick timers' },
};

function reportOf(tried: TriedPair[], keepAliveConnections = 0): DrillReport {
  const report = sampleReport();
  const drill = sampleDrill({
    ...{ fault: 'power-off-node', node: 'lb1', profile: 'classic', outagesMs: [3_100], ratePerSecond: 20 },
  });
  const drills = tried.map((one) => ({ ...drill, tried: one }));
  return { ...report, drills, load: { ...report.load, keepAliveConnections } };
}

/** The rows, by their head. */
function rowsOf(report: DrillReport): Record<string, string>[] {
  const lines = stripVTControlCharacters(trialText(report)).split('\n');
  const [head, ...rows] = lines
    .filter((line) => line.startsWith('│'))
    .map((line) => line.split('│').map((cell) => cell.trim()));
  return rows.map((cells) => Object.fromEntries(cells.map((cell, at) => [head![at]!, cell])));
}

describe('a row', () => {
  it('has who was master then, and what was predicted', () => {
    const [row] = rowsOf(reportOf([TRIED]));
    expect(row).toMatchObject({ fault: 'power-off-node', on: 'lb1', 'master then': 'lb2', 'as check says': 'yes' });
    expect(row).toHaveProperty('predicted');
    expect(row).toHaveProperty('outage', '3100 ms');
    expect(row).toHaveProperty('this lab, classic', '40 to 60 ms');
    expect(row).not.toHaveProperty('virtual IP');
    expect(row).not.toHaveProperty('broken sessions');
  });

  it.each<[Partial<TriedPair>, Record<string, string>]>([
    [{ isAsPredicted: false }, { 'as check says': 'no' }],
    [{ isAsPredicted: null }, { 'as check says': '-' }],
    [{ isPredicted: false }, { predicted: '-' }],
    [{ inLab: null }, { 'this lab, classic': '-' }],
    [{ mastersThen: ['lb2', 'nobody'] }, { 'master then': 'lb2, nobody' }],
    [{ lastsUntilMended: true }, { outage: 'until it was mended' }],
  ])('%j: %j', (tried, cells) => {
    expect(rowsOf(reportOf([{ ...TRIED, ...tried }]))[0]).toMatchObject(cells);
  });

  it('has its virtual IP where there are several', () => {
    const rows = rowsOf(reportOf([TRIED, { ...TRIED, virtualIp: '10.0.0.2' }]));
    expect(rows.map((row) => row['virtual IP'])).toEqual(['10.0.0.1', '10.0.0.2']);
  });

  it('has its broken sessions where clients have some, and those that hung', () => {
    const report = reportOf([TRIED], 20);
    const [drill] = report.drills;
    const runs = drill!.runs.map((run) => ({
      ...run,
      measured: { ...run.measured, breakagesByReason: { ECONNRESET: 18, timeout: 2 } },
    }));
    expect(rowsOf({ ...report, drills: [{ ...drill!, runs }] })[0]).toHaveProperty('broken sessions', '20, 2 hung');
  });
});

it('of no drill at all is a table without rows', () => {
  expect(trialText(reportOf([]))).not.toContain('undefined');
  expect(rowsOf(reportOf([]))).toEqual([]);
});

it('ends with what check has found', () => {
  const finding = { rule: 'some-rule', severity: 'error', place: 'lb1/a.conf:3', happens: 'It breaks.' } as const;
  const text = trialText({ ...reportOf([TRIED]), findings: [finding] });
  expect(text).toMatch(/verdict: fail\nerror: lb1\/a\.conf:3 some-rule\n {2}It breaks\.\n$/);
});
