import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { WhatIfRow } from '../check/what-if/what-if.js';
import type { DrillResult } from '../drill/drill-report.js';
import { sampleDrill, sampleReport } from './testing/sample-report.js';
import { trialText } from './trial-text.js';

const ROW: WhatIfRow = {
  ...{ failure: 'host-dies', on: 'lb1', virtualRouter: 'EDGE', outcome: 'moves' },
  ...{ mastersBefore: ['lb1'], newMaster: 'lb2', withinMs: [2_609, 3_609], because: '3 x 1000 ms' },
};

function drillOf(outagesMs: number[]): DrillResult {
  return sampleDrill({ fault: 'power-off-node', node: 'lb1', profile: 'classic', outagesMs, ratePerSecond: 20 });
}

/** The cells of the one row. */
function cellsOf(drill: DrillResult, row: WhatIfRow, mastersSeen: string[][]): string[] {
  const report = sampleReport();
  const load = { ...report.load, keepAliveConnections: 0 };
  const text = trialText(
    { ...report, load, drills: [drill] },
    [{ router: { virtualIp: '10.0.0.1' }, drills: [{ row, mastersSeen }] }],
    [],
  );
  const line = stripVTControlCharacters(text).split('\n')[3]!;
  return line.split('│').map((cell) => cell.trim());
}

describe('a row', () => {
  it('has who was master then, and what was predicted', () => {
    const cells = cellsOf(drillOf([3_100]), ROW, [['lb2']]);
    expect(cells.slice(1, 5)).toEqual(['power-off-node', 'lb1', 'lb2', '2609 to 3609 ms']);
    expect(cells[7]).toBe('yes');
  });

  it.each<[string, number[], Partial<WhatIfRow>, string[][], string]>([
    ['longer than predicted', [4_000], {}, [['lb2']], 'no'],
    ['longer, in one run of two', [3_000, 4_000], {}, [['lb2'], ['lb2']], 'no'],
    ['another master', [3_100], {}, [['lb1']], 'no'],
    ['nobody', [3_100], {}, [[]], 'no'],
    ['of several masters the outage is not judged', [5_000], { mastersBefore: ['lb1', 'lb2'] }, [['lb2']], 'yes'],
    ['not known to check', [3_100], { outcome: 'unknown', newMaster: null }, [['lb2']], '-'],
  ])('%s: %s', (_what, outagesMs, row, mastersSeen, says) => {
    expect(cellsOf(drillOf(outagesMs), { ...ROW, ...row }, mastersSeen)[7]).toBe(says);
  });
});

describe('has more columns', () => {
  const headOf = (trials: string[], keepAliveConnections: number) => {
    const report = { ...sampleReport(), drills: trials.map(() => drillOf([3_100])) };
    const load = { ...report.load, keepAliveConnections };
    const tried = trials.map((virtualIp) => ({
      router: { virtualIp },
      drills: [{ row: ROW, mastersSeen: [['lb2']] }],
    }));
    const lines = stripVTControlCharacters(trialText({ ...report, load }, tried, [])).split('\n');
    return [1, 3, 4].map((at) => (lines[at] ?? '').split('│').map((cell) => cell.trim()));
  };

  it('for several virtual IPs', () => {
    const [head, first, second] = headOf(['10.0.0.1', '10.0.0.2'], 0);
    expect([head![2], first![2], second![2]]).toEqual(['virtual IP', '10.0.0.1', '10.0.0.2']);
  });

  it('for sessions', () => {
    const [head, row] = headOf(['10.0.0.1'], 20);
    expect(head![7]).toBe('broken sessions');
    expect(row![7]).toMatch(/^\d+(, \d+ hung)?$/);
  });
});

it('judges runs that were run alone', () => {
  const drill = drillOf([3_100, 9_000]);
  const marks = { faultMs: 0, faultDoneMs: 0, healMs: 0, healDoneMs: 0, recoveredMs: 0, endMs: 0 };
  const runs = drill.runs.map((run) => (run.number === 2 ? { ...run, marks } : run));
  expect(cellsOf({ ...drill, runs }, ROW, [['lb2']])[7]).toBe('yes');
});

it('ends with what check has found, without what it only wants to be known', () => {
  const finding = { rule: 'some-rule', position: { file: 'lb1/a.conf', line: 3, column: 1 }, happens: 'It breaks.' };
  const text = trialText(
    { ...sampleReport(), drills: [] },
    [],
    [
      { ...finding, severity: 'error', instead: '' },
      { ...finding, severity: 'info', instead: '', rule: 'other-rule' },
    ],
  );
  expect(text).toMatch(/verdict: fail\nerror: lb1\/a\.conf:3 some-rule\n {2}It breaks\.\n$/);
});
