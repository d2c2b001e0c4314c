import uPlot from 'uplot';
import { type PageState, SHOWN_MS } from './state.js';
import { theme } from './theme.js';

/** Left of each plot, so that all have the same time axis. */
export const GUTTER = 128;
export const FONT = '11px system-ui, sans-serif';
export const AXIS_HEIGHT = 26;
type Draw = (chart: uPlot, state: PageState) => void;

/** One of the charts under each other: what clients feel, and what the nodes were in meanwhile. */
export class TimeChart {
  private readonly chart: uPlot;
  private readonly observer = new ResizeObserver(() => this.resize());
  private state: PageState;

  constructor(
    private readonly parent: HTMLElement,
    state: PageState,
    private readonly kind: ChartKind,
  ) {
    this.state = state;
    const options = kind.options(() => this.state);
    const width = Math.max(200, parent.clientWidth);
    this.chart = new uPlot({ ...options, width, height: kind.height(state) }, kind.data(state), parent);
    this.observer.observe(parent);
  }

  remove(): void {
    this.observer.disconnect();
    this.chart.destroy();
  }

  show(state: PageState): void {
    this.state = state;
    if (this.chart.height !== this.kind.height(state)) this.resize();
    this.chart.batch(() => {
      this.chart.setData(this.kind.data(state), false);
      const untilS = (state.wallClockMs + state.nowMs) / 1_000;
      this.chart.setScale('x', { min: untilS - SHOWN_MS / 1_000, max: untilS });
      const [min, max] = this.kind.range(state);
      this.chart.setScale('y', { min, max });
    });
  }

  private resize(): void {
    this.chart.setSize({ width: Math.max(200, this.parent.clientWidth), height: this.kind.height(this.state) });
  }
}

export interface ChartKind {
  height: (state: PageState) => number;
  data: (state: PageState) => uPlot.AlignedData;
  /** Of the values, which stays as it is while nothing is told of it. */
  range: (state: PageState) => [number, number];
  options: (state: () => PageState) => Omit<uPlot.Options, 'width' | 'height'>;
}

/** Where a moment is, in pixels of the canvas. */
export const xOf = (chart: uPlot, state: PageState, ms: number) =>
  chart.valToPos((state.wallClockMs + ms) / 1_000, 'x', true);

const noSeries: uPlot.Series = { paths: () => null, points: { show: false } };

/** What all charts have in common. @param y the scale of the values @param draw over what is drawn of the series */
export function chartOptions(
  state: () => PageState,
  y: uPlot.Scale,
  draw: Draw = () => {},
): Pick<uPlot.Options, 'legend' | 'cursor' | 'padding' | 'scales' | 'hooks'> & { series: uPlot.Series[] } {
  return {
    ...{ legend: { show: false }, cursor: { show: false }, padding: [6, 8, 0, 0], series: [{}, noSeries] },
    scales: { x: { time: true, auto: false }, y: { ...y, auto: false } },
    hooks: {
      drawClear: [(chart) => inPlot(chart, () => shade(chart, state()))],
      draw: [(chart) => inPlot(chart, () => draw(chart, state()))],
    },
  };
}

export const timeAxis = (isShown: boolean): uPlot.Axis => ({
  size: isShown ? AXIS_HEIGHT : 0,
  show: isShown,
  stroke: () => theme().soft,
  grid: { stroke: () => theme().grid, width: 1 },
  ticks: { show: false },
  font: FONT,
  space: 90,
  values: (_chart, seconds) => seconds.map((at) => new Date(at * 1_000).toTimeString().slice(0, 8)),
});

export const valueAxis = (label: (value: number) => string): uPlot.Axis => ({
  scale: 'y',
  size: GUTTER,
  stroke: () => theme().soft,
  grid: { stroke: () => theme().grid, width: 1 },
  ticks: { show: false },
  font: FONT,
  values: (_chart, values) => values.map((value) => (value === null ? null : label(value))),
});

/** What is broken, and when clients were not served, across all charts. */
function shade(chart: uPlot, state: PageState): void {
  const { top, height } = chart.bbox;
  const band = (fromMs: number, untilMs: number, colour: string, least: number) => {
    const [from, until] = [xOf(chart, state, fromMs), xOf(chart, state, untilMs)];
    chart.ctx.fillStyle = colour;
    chart.ctx.fillRect(from, top, Math.max(least, until - from), height);
  };
  for (const { faultMs, healMs } of state.faults) band(faultMs, healMs ?? state.nowMs, theme().fault, 2);
  for (const { fromMs, untilMs, open } of state.windows)
    band(fromMs, open ? state.nowMs : untilMs, theme().outage, 3 * devicePixelRatio);
}

function inPlot(chart: uPlot, draw: () => void): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  draw();
  ctx.restore();
}
