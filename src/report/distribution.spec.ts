import { describe, expect, it } from '@jest/globals';
import type { DrillResult } from '../drill/drill-report.js';
import { outageDistribution } from './distribution.js';
import { sampleDrill } from './testing/sample-report.js';

function drill(outagesMs: number[], changes: Partial<DrillResult> = {}): DrillResult {
  return {
    ...sampleDrill({ fault: 'kill-haproxy', node: 'frontend-01', profile: 'tuned', outagesMs, ratePerSecond: 10 }),
    ...changes,
  };
}

describe('outageDistribution', () => {
  it('is for more than one run', () => {
    expect(outageDistribution(drill([20]))).toBeNull();
    expect(outageDistribution(drill([20, 30]))).not.toBeNull();
  });

  it('has a dot for each run, on one scale with the budget and the prediction', () => {
    // Predicted are 40 to 63 ms, the budget is 100 ms.
    const { dots, predicted, budgetX, medianX, ticks, width } = outageDistribution(drill([0, 40, 100]))!;
    const [none, least, budget] = dots.map(({ x }) => x);
    expect(none).toBe(ticks[0]!.x);
    expect(least).toBe(predicted!.x);
    expect(least).toBe(medianX);
    expect(budget).toBe(budgetX);
    expect(budget).toBeLessThan(width);
    expect((least! - none!) / (budget! - none!)).toBeCloseTo(0.4, 2);
    expect(dots[1]!.title).toBe('run 2: 40 ms, pass');
  });

  it('leaves out runs that were not measured', () => {
    const { runs } = drill([20, 30, 40]);
    const measured = { ...runs[0]!.measured, outageMs: 0, sent: 0, unsent: 0 };
    const { dots } = outageDistribution(drill([20], { runs: [{ ...runs[0]!, measured }, ...runs.slice(1)] }))!;
    expect(dots.map(({ title }) => title)).toEqual(['run 2: 30 ms, pass', 'run 3: 40 ms, pass']);
  });

  it('stacks equal figures, and keeps any number of them in the picture', () => {
    const two = outageDistribution(drill([20, 20]))!.dots;
    expect(two[0]!.x).toBe(two[1]!.x);
    expect(two[0]!.y).toBeGreaterThan(two[1]!.y);
    const { dots, height } = outageDistribution(drill(Array<number>(200).fill(0)))!;
    expect(Math.min(...dots.map(({ y }) => y))).toBeGreaterThan(0);
    expect(height).toBeLessThan(200);
  });

  it('labels round figures', () => {
    expect(outageDistribution(drill([0, 95]))!.ticks.map(({ label }) => label)).toEqual([
      '0 ms',
      '20 ms',
      '40 ms',
      '60 ms',
      '80 ms',
      '100 ms',
    ]);
  });

  it('shades nothing when nothing is predicted, and to the edge what has no end', () => {
    const because = '';
    expect(
      outageDistribution(drill([0, 20], { prediction: { fromMs: 0, untilMs: 0, because } }))!.predicted,
    ).toBeNull();
    const { predicted, width } = outageDistribution(
      drill([10, 20], { prediction: { fromMs: 5, untilMs: null, because } }),
    )!;
    expect(predicted!.x + predicted!.width).toBe(width);
  });

  it('has no line without a budget', () => {
    expect(outageDistribution(drill([0, 20], { budget: null }))!.budgetX).toBeNull();
  });
});
