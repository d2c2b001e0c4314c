import type { DrillResult, DrillVerdict } from '../drill/drill-report.js';
import { round } from './distribution.js';
import { duration, predicted, titleOf, wasMeasured } from './words.js';

/** All drills in one picture, a row each. Places are in its own units. */
export interface Overview {
  width: number;
  height: number;
  axisY: number;
  /** The edges of the part with the dots. */
  plot: { x: number; width: number };
  ticks: { x: number; label: string }[];
  rows: OverviewRow[];
}

export interface OverviewRow {
  /** Of its middle. */
  y: number;
  title: string;
  profile: string;
  /** Of the drill in the report, from 0. */
  index: number;
  /** Null of a pair where it is not known. */
  predicted: { x: number; width: number; title: string } | null;
  budget: { x: number; title: string } | null;
  /** In words; see `classicClaim` of DrillResult. */
  claim: string;
  dots: { x: number; verdict: DrillVerdict; title: string }[];
}

const WIDTH = 1200;
const TITLE_WIDTH = 300;
const CLAIM_WIDTH = 270;
const ROW = 18;
const MARGIN = 12;
/** Below the least time that is told apart from none: a logarithm has no zero. */
const NONE_X = TITLE_WIDTH + MARGIN;
const LEAST_X = NONE_X + 48;
const LEAST_MS = 1;
const MOST_X = WIDTH - CLAIM_WIDTH - MARGIN;
/** So that what is `none` can be seen. */
const LEAST_WIDTH = 12;

/**
 * The outage of each run on one logarithmic scale, beside what was predicted and what is allowed. Null when nothing was measured.
 * @param drills in the order of the rows, each with its place in the report
 */
export function overviewOf(drills: { index: number; drill: DrillResult }[]): Overview | null {
  const measured = drills.filter(({ drill }) => drill.runs.some(wasMeasured));
  if (measured.length === 0) return null;
  const mostMs = Math.max(...measured.flatMap(({ drill }) => timesOf(drill)), 10 * LEAST_MS);
  const decades = Math.log10(mostMs / LEAST_MS);
  const xOf = (ms: number) =>
    ms <= 0 ? NONE_X : round(LEAST_X + (Math.max(0, Math.log10(ms / LEAST_MS)) / decades) * (MOST_X - LEAST_X));

  const axisY = ROW * (measured.length + 1);
  return {
    width: WIDTH,
    height: axisY + 20,
    axisY,
    plot: { x: TITLE_WIDTH, width: WIDTH - TITLE_WIDTH - CLAIM_WIDTH },
    ticks: [
      { x: NONE_X, label: 'none' },
      ...Array.from({ length: Math.floor(decades) + 1 }, (_, power) => LEAST_MS * 10 ** power).map((ms) => ({
        x: xOf(ms),
        label: duration(ms),
      })),
    ],
    rows: measured.map(({ index, drill }, place) => ({
      y: ROW * (place + 1),
      title: titleOf(drill),
      profile: drill.profile,
      index,
      predicted: predictedBand(drill, xOf),
      budget: budgetMark(drill, xOf),
      claim: drill.classicClaim,
      dots: drill.runs.filter(wasMeasured).map(({ number, verdict, measured: { outageMs } }) => ({
        x: xOf(outageMs),
        verdict,
        title: `${titleOf(drill)}, ${drill.profile}, run ${number}: ${duration(outageMs)}, ${verdict}`,
      })),
    })),
  };
}

/** Everything that has a place on the scale. */
function timesOf({ runs, prediction, budget }: DrillResult): number[] {
  const outagesMs = runs.filter(wasMeasured).map(({ measured }) => measured.outageMs);
  return [...outagesMs, prediction.untilMs ?? prediction.fromMs, budget?.outageP95Ms ?? 0];
}

function predictedBand({ prediction, tried }: DrillResult, xOf: (ms: number) => number): OverviewRow['predicted'] {
  if (tried && !tried.isPredicted) return null;
  const title = `predicted: ${predicted(prediction)}`;
  if (prediction.untilMs === 0) return { x: NONE_X - LEAST_WIDTH / 2, width: LEAST_WIDTH, title };
  const from = xOf(prediction.fromMs);
  // Without an end: to the edge.
  const until = prediction.untilMs === null ? WIDTH - CLAIM_WIDTH : xOf(prediction.untilMs);
  return { x: from, width: round(Math.max(LEAST_WIDTH / 2, until - from)), title };
}

function budgetMark({ budget }: DrillResult, xOf: (ms: number) => number): OverviewRow['budget'] {
  const mostMs = budget?.outageP95Ms;
  return mostMs === undefined ? null : { x: xOf(mostMs), title: `budget: p95 of ${duration(mostMs)}` };
}
