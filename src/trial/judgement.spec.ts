import { describe, expect, it } from '@jest/globals';
import type { WhatIfRow } from '../check/what-if/what-if.js';
import type { DrillResult } from '../drill/drill-report.js';
import { sampleDrill } from '../report/testing/sample-report.js';
import { judged } from './judgement.js';

const ROW: WhatIfRow = {
  ...{ failure: 'host-dies', on: 'lb1', virtualRouter: 'EDGE', outcome: 'moves' },
  ...{ mastersBefore: ['lb1'], newMaster: 'lb2', withinMs: [2_609, 3_609], because: '3 x 1000 ms' },
};

/** Predicted are 2609 to 3609 ms. */
function drillOf(outagesMs: number[]): DrillResult {
  return sampleDrill({ fault: 'power-off-node', node: 'lb1', profile: 'classic', outagesMs, ratePerSecond: 20 });
}

const agreed = (drill: DrillResult, row: Partial<WhatIfRow>, mastersSeen: string[][]) =>
  judged(drill, { row: { ...ROW, ...row }, inLab: null, mastersSeen }, '10.0.0.1').isAsPredicted;

describe('a drill is as predicted', () => {
  it.each<[string, number[], Partial<WhatIfRow>, string[][], boolean | null]>([
    ['as said', [3_100], {}, [['lb2']], true],
    ['longer than predicted', [4_000], {}, [['lb2']], false],
    ['longer, in one run of two', [3_000, 4_000], {}, [['lb2'], ['lb2']], false],
    ['another master', [3_100], {}, [['lb1']], false],
    ['nobody', [3_100], {}, [[]], false],
    ['of several masters the outage is not judged', [5_000], { mastersBefore: ['lb1', 'lb2'] }, [['lb2']], true],
    ['not known to check', [3_100], { outcome: 'unknown', newMaster: null }, [['lb2']], null],
    ['not run', [], {}, [], null],
  ])('%s: %j', (_what, outagesMs, row, mastersSeen, expected) => {
    expect(agreed(drillOf(outagesMs), row, mastersSeen)).toBe(expected);
  });

  it('by the runs that were run alone', () => {
    const drill = drillOf([3_100, 9_000]);
    const marks = { faultMs: 0, faultDoneMs: 0, healMs: 0, healDoneMs: 0, recoveredMs: 0, endMs: 0 };
    const runs = drill.runs.map((run) => (run.number === 2 ? { ...run, marks } : run));
    expect(agreed({ ...drill, runs }, {}, [['lb2']])).toBe(true);
  });
});

it('names each master once, and says when nobody was', () => {
  const mastersSeen = [['lb2'], ['lb1', 'lb2'], ['lb2'], []];
  expect(judged(drillOf([3_100]), { row: ROW, inLab: null, mastersSeen }, '10.0.0.1')).toMatchObject({
    ...{ virtualIp: '10.0.0.1', on: 'lb1', mastersThen: ['lb2', 'lb1 and lb2', 'nobody'], lastsUntilMended: false },
  });
});
