import type { DrillResult, DrillVerdict } from '../drill/drill-report.js';
import { duration, wasMeasured } from './words.js';

/** Where the parts of the picture go, in its own units. */
export interface Distribution {
  width: number;
  height: number;
  axisY: number;
  ticks: { x: number; label: string }[];
  predicted: { x: number; width: number } | null;
  budgetX: number | null;
  medianX: number;
  dots: { x: number; y: number; verdict: DrillVerdict; title: string }[];
}

const WIDTH = 720;
const MARGIN = 24;
const DOT = 10;
const MOST_HEIGHT = 120;
/** Beyond the largest figure, so that it is not on the edge. */
const HEADROOM = 1.05;
const TICKS = 6;

/** The outages of the runs, a dot for each; equal ones are stacked. Null when there is nothing to compare. */
export function outageDistribution(drill: DrillResult): Distribution | null {
  const { statistics, prediction, budget } = drill;
  const runs = drill.runs.filter(wasMeasured);
  if (runs.length < 2 || !statistics) return null;
  const budgetMs = budget?.outageP95Ms ?? null;
  const outagesMs = runs.map(({ measured }) => measured.outageMs);
  const mostMs = Math.max(...outagesMs, budgetMs ?? 0, prediction.untilMs ?? prediction.fromMs, 1) * HEADROOM;
  const xOf = (ms: number) => round(MARGIN + (ms / mostMs) * (WIDTH - 2 * MARGIN));

  const predictedX = xOf(prediction.fromMs);
  // Without an end: to the edge.
  const predictedWidth = round((prediction.untilMs === null ? WIDTH : xOf(prediction.untilMs)) - predictedX);

  const stacks = new Map<number, number>();
  const placed = runs.map(({ number, verdict, measured: { outageMs } }) => {
    const column = Math.round(xOf(outageMs) / DOT);
    const level = stacks.get(column) ?? 0;
    stacks.set(column, level + 1);
    return { level, x: xOf(outageMs), verdict, title: `run ${number}: ${duration(outageMs)}, ${verdict}` };
  });
  const levels = Math.max(...stacks.values());
  const step = Math.min(DOT, MOST_HEIGHT / levels);
  const axisY = round(step * levels + 2 * DOT);
  return {
    width: WIDTH,
    height: axisY + 18,
    axisY,
    ticks: ticksMs(mostMs).map((ms) => ({ x: xOf(ms), label: duration(ms) })),
    predicted: prediction.untilMs === 0 ? null : { x: predictedX, width: Math.max(1, predictedWidth) },
    budgetX: budgetMs === null ? null : xOf(budgetMs),
    medianX: xOf(statistics.outageMs.medianMs),
    dots: placed.map(({ level, ...dot }) => ({ ...dot, y: round(axisY - DOT - level * step) })),
  };
}

/** Round figures: 1, 2 or 5 and zeros. */
function ticksMs(mostMs: number): number[] {
  const least = mostMs / TICKS;
  const power = 10 ** Math.floor(Math.log10(least));
  const stepMs = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least)!;
  return Array.from({ length: Math.floor(mostMs / stepMs) + 1 }, (_, index) => index * stepMs);
}

/** As fine as a picture needs it. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
