import { describe, expect, it } from '@jest/globals';
import type { DrillResult } from '../drill/drill-report.js';
import { overviewOf } from './overview.js';
import { sampleDrill } from './testing/sample-report.js';

const ratePerSecond = 20;
const tuned = (outagesMs: number[], changes: Partial<DrillResult> = {}): DrillResult => ({
  ...sampleDrill({ fault: 'kill-haproxy', node: 'backend-01', profile: 'tuned', outagesMs, ratePerSecond }),
  ...changes,
});

function overview(...drills: DrillResult[]) {
  return overviewOf(drills.map((drill, index) => ({ index, drill })))!;
}

describe('overviewOf', () => {
  it('places each run on a logarithmic scale, and no outage before it', () => {
    const { rows, ticks, plot } = overview(tuned([0, 1, 10, 100]));
    const [none, one, ten, hundred] = rows[0]!.dots.map(({ x }) => x);
    expect(ten! - one!).toBeCloseTo(hundred! - ten!, 0);
    expect(none).toBeLessThan(one!);
    expect(ticks.map(({ label }) => label)).toEqual(['none', '1.0 ms', '10 ms', '100 ms']);
    expect(ticks.map(({ x }) => x)).toEqual([none, one, ten, hundred]);
    for (const { x } of rows[0]!.dots) {
      expect(x).toBeGreaterThan(plot.x);
      expect(x).toBeLessThan(plot.x + plot.width);
    }
  });

  it('has a row for each drill, with its prediction, budget and claim', () => {
    const { rows } = overview(tuned([40, 63, 100]), tuned([0], { budget: null, classicClaim: 'for ever' }));
    const [first, second] = rows;
    const [from, until, allowed] = first!.dots.map(({ x }) => x);
    expect(first!.predicted).toEqual({
      x: from,
      width: expect.closeTo(until! - from!, 1),
      title: 'predicted: 40 to 63 ms',
    });
    expect(first!.budget).toEqual({ x: allowed, title: 'budget: p95 of 100 ms' });
    expect(second!.budget).toBeNull();
    expect([first!.claim, second!.claim]).toEqual(['1 to 4 s', 'for ever']);
    expect(second!.y).toBeGreaterThan(first!.y);
  });

  it('shades what is predicted to cost nothing where no outage is', () => {
    const prediction = { fromMs: 0, untilMs: 0, because: 'nothing fails' };
    const { x, width } = overview(tuned([0], { prediction })).rows[0]!.predicted!;
    const [dot] = overview(tuned([0], { prediction })).rows[0]!.dots;
    expect(dot!.x).toBeGreaterThan(x);
    expect(dot!.x).toBeLessThan(x + width);
  });

  it('shades to the edge what lasts as long as the fault', () => {
    const { rows, plot } = overview(tuned([2_000], { prediction: { fromMs: 40, untilMs: null, because: 'nobody' } }));
    expect(rows[0]!.predicted!.x + rows[0]!.predicted!.width).toBeCloseTo(plot.x + plot.width, 0);
  });

  it('shades nothing of a pair where nothing is predicted', () => {
    const tried = { virtualIp: '10.0.0.1', on: 'lb1', mastersThen: [], lastsUntilMended: false, isPredicted: false };
    const drill = tuned([0], { tried: { ...tried, isAsPredicted: null, inLab: null } });
    expect(overview(drill).rows[0]!.predicted).toBeNull();
  });

  it('leaves out what was not measured', () => {
    const { runs } = tuned([0]);
    const notRun = { ...runs[0]!, measured: { ...runs[0]!.measured, sent: 0, unsent: 0 } };
    expect(overviewOf([{ index: 0, drill: tuned([0], { runs: [notRun] }) }])).toBeNull();
    expect(overview(tuned([5]), tuned([0], { runs: [] })).rows).toHaveLength(1);
  });
});
