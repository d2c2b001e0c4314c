import type uPlot from 'uplot';
import { laneRows, type LaneRow } from './lane-rows.js';
import { answeredBy, type PageState } from './state.js';
import { theme } from './theme.js';
import { AXIS_HEIGHT, type ChartKind, chartOptions, FONT, GUTTER, timeAxis, valueAxis, xOf } from './time-chart.js';

const LANE_HEIGHT = 19;
/** What a shorter latency is drawn as: the scale is logarithmic. */
const LEAST_MS = 0.5;
const MOST_MS = 10_000;

const seconds = (state: PageState) => state.answers.map(({ atMs }) => (state.wallClockMs + atMs) / 1_000);

/** Good answers above the line, by who gave them, failed requests below it. */
export const ANSWERS: ChartKind = {
  height: () => 110,
  data: (state) => [seconds(state), state.answers.map(({ failed }) => failed)],
  range: (state) => [-perStretch(state) / 2, perStretch(state) * 1.1],
  options: (state) => ({
    ...chartOptions(state, {}, drawAnswers),
    axes: [timeAxis(false), valueAxis((value) => (value === 0 ? 'answers' : ''))],
  }),
};

function perStretch({ ratePerSecond, answers }: PageState): number {
  return Math.max(2, ratePerSecond / 10, ...answers.map(({ failed }) => failed));
}

function drawAnswers(chart: uPlot, state: PageState): void {
  const names = answerers(state);
  const by = answeredBy(state.asked?.name ?? 'frontend');
  const { ctx } = chart;
  const y = (count: number) => chart.valToPos(count, 'y', true);
  for (const { atMs, [by]: counts, failed } of state.answers) {
    const from = Math.round(xOf(chart, state, atMs));
    const width = Math.max(1, Math.round(xOf(chart, state, atMs + 100)) - from - 1);
    let base = 0;
    names.forEach((name, index) => {
      const count = counts[name] ?? 0;
      ctx.fillStyle = colourOf(index);
      ctx.fillRect(from, y(base + count), width, y(base) - y(base + count));
      base += count;
    });
    if (failed === 0) continue;
    ctx.fillStyle = theme().failed;
    ctx.fillRect(from - 1, y(0), width + 2, Math.max(4, y(-failed) - y(0)));
  }
  ctx.fillStyle = theme().ink;
  ctx.fillRect(chart.bbox.left, y(0), chart.bbox.width, 1);
}

/** Who may answer, in the order of their colours. */
export function answerers({ asked, answers }: PageState): string[] {
  const nodes = asked?.nodes.map(({ name }) => name) ?? [];
  const by = answeredBy(asked?.name ?? 'frontend');
  // Behind a pair of the user's are servers with names of their own.
  const others = new Set(answers.flatMap((stretch) => Object.keys(stretch[by])));
  const strangers = [...others].filter((name) => name !== '' && !nodes.includes(name)).sort();
  return strangers.length > 0 ? strangers : nodes;
}

export function colourOf(index: number): string {
  return theme().nodes[index % theme().nodes.length]!;
}

/** The slowest and the median good answer of each stretch. */
export const LATENCY: ChartKind = {
  height: () => 130,
  data: (state) => [
    seconds(state),
    state.answers.map(({ maxMs }) => (maxMs === null ? null : Math.max(LEAST_MS, maxMs))),
    state.answers.map(({ medianMs }) => (medianMs === null ? null : Math.max(LEAST_MS, medianMs))),
  ],
  range: (state) => [LEAST_MS, scaleTop(state) * 1.3],
  options: (state) => ({
    ...chartOptions(state, { distr: 3 }),
    series: [
      {},
      {
        ...{ stroke: () => theme().slow, paths: () => null },
        points: { show: true, size: 4, fill: () => theme().slow },
      },
      { stroke: () => theme().nodes[0]!, width: 2, points: { show: false } },
    ],
    axes: [timeAxis(false), valueAxis((value) => (Math.log10(value) % 1 === 0 ? `${value} ms` : ''))],
  }),
};

function scaleTop({ answers }: PageState): number {
  const most = Math.max(100, ...answers.map(({ maxMs }) => maxMs ?? 0));
  return Math.min(MOST_MS, 10 ** Math.ceil(Math.log10(most)));
}

/** VRRP states, and servers as HAProxy takes them. */
export const LANES: ChartKind = {
  height: (state) => laneRows(state).length * LANE_HEIGHT + AXIS_HEIGHT + 8,
  data: (state) => [seconds(state), state.answers.map(() => 0)],
  range: (state) => [0, laneRows(state).length],
  options: (state) => ({
    ...chartOptions(state, { dir: -1 }, (chart, of) =>
      laneRows(of).forEach((row, index) => drawLane(chart, of, row, index)),
    ),
    axes: [timeAxis(true), laneAxis(state)],
  }),
};

function laneAxis(state: () => PageState): uPlot.Axis {
  return {
    ...{ size: GUTTER, stroke: () => theme().ink },
    grid: { show: false },
    ticks: { show: false },
    font: FONT,
    splits: () => laneRows(state()).map((_row, index) => index + 0.5),
    values: (_chart, values) => values.map((value) => laneRows(state())[Math.floor(value)]?.label ?? ''),
  };
}

function drawLane(chart: uPlot, state: PageState, { states, kindOf }: LaneRow, index: number): void {
  const { ctx } = chart;
  const top = chart.valToPos(index, 'y', true) + 2 * devicePixelRatio;
  const height = chart.valToPos(index + 1, 'y', true) - top - devicePixelRatio;
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  [ctx.textBaseline, ctx.textAlign] = ['middle', 'left'];
  states.forEach(({ fromMs, state: name }, at) => {
    const from = Math.max(chart.bbox.left, xOf(chart, state, fromMs));
    const until = xOf(chart, state, states[at + 1]?.fromMs ?? state.nowMs);
    if (until <= chart.bbox.left) return;
    const { fill, ink } = theme().states[kindOf(name)];
    ctx.fillStyle = fill;
    ctx.fillRect(from, top, Math.max(2, until - from), height);
    if (until - from < ctx.measureText(name).width + 8) return;
    ctx.fillStyle = ink;
    ctx.fillText(name, from + 4 * devicePixelRatio, top + height / 2);
  });
}
