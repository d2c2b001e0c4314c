/*
 * The charts of report.html, in the browser. uPlot has the axes, the zoom and the pointer; what is particular to a drill
 * (phases, states, breaks) is drawn into its canvas.
 */
'use strict';
/* global uPlot */

const report = JSON.parse(document.getElementById('report').textContent);

// After Okabe and Ito: told apart in the usual kinds of colour blindness. The red of failures is theirs alone.
const LIGHT = {
  ink: '#1b1f24',
  soft: '#59636e',
  grid: '#e4e8ec',
  faultBand: 'rgb(213 94 0 / 8%)',
  line: '#59636e',
  failed: '#c00020',
  outage: 'rgb(192 0 32 / 20%)',
  unsent: '#8c959f',
  broken: '#7a3ea8',
  nodes: ['#0072b2', '#d98200', '#008a60', '#b0588c', '#3aa0dc', '#7d5a2c', '#5b5fc7', '#6f7b00'],
  states: { good: '#0072b2', standby: '#cfe3f2', bad: '#c00020', between: '#f0c24b', other: '#c9d1d9' },
  onStates: { good: '#fff', standby: '#1b1f24', bad: '#fff', between: '#1b1f24', other: '#1b1f24' },
};
const DARK = {
  ...LIGHT,
  ink: '#e6edf3',
  soft: '#9da7b3',
  grid: '#262c34',
  faultBand: 'rgb(240 150 60 / 14%)',
  line: '#9da7b3',
  failed: '#ff6b78',
  outage: 'rgb(255 107 120 / 30%)',
  broken: '#c792ea',
  nodes: ['#56b4e9', '#e69f00', '#2fc295', '#dd8fc0', '#8ed0ff', '#c49a6c', '#a5a8ff', '#c3cf3a'],
  states: { ...LIGHT.states, standby: '#24435c', other: '#3d444d' },
  onStates: { ...LIGHT.onStates, standby: '#e6edf3', other: '#e6edf3' },
};

const darkScreen = matchMedia('screen and (prefers-color-scheme: dark)');
let printing = false;
const theme = () => (darkScreen.matches && !printing ? DARK : LIGHT);

const FONT = 'system-ui, sans-serif';
const SCATTER_HEIGHT = 320;
const LANE_HEIGHT = 30;
const AXIS_SIZE = 76;
const AXIS_HEIGHT = 30;
const LABEL_HEIGHT = 18;
/** Above the plot, for the names of the lines: what does not fit beside another one goes above it. */
const NAME_ROWS = 3;
const NAME_HEIGHT = 14;
/** What a shorter latency is drawn as: the scale is logarithmic. */
const LEAST_MS = 0.01;

/** Each draws a mark of `size` around x, y into a path. */
const MARKS = [
  (path, x, y, size) => {
    path.moveTo(x + size / 2, y);
    path.arc(x, y, size / 2, 0, 2 * Math.PI);
  },
  (path, x, y, size) => path.rect(x - size * 0.45, y - size * 0.45, size * 0.9, size * 0.9),
  (path, x, y, size) =>
    polygon(path, [x, y - size * 0.6, x + size * 0.6, y + size * 0.5, x - size * 0.6, y + size * 0.5]),
  (path, x, y, size) => polygon(path, [x, y - size * 0.65, x + size * 0.65, y, x, y + size * 0.65, x - size * 0.65, y]),
];

function polygon(path, [x, y, ...rest]) {
  path.moveTo(x, y);
  for (let i = 0; i < rest.length; i += 2) path.lineTo(rest[i], rest[i + 1]);
  path.closePath();
}

function cross(path, x, y, size) {
  path.moveTo(x - size / 2, y - size / 2);
  path.lineTo(x + size / 2, y + size / 2);
  path.moveTo(x - size / 2, y + size / 2);
  path.lineTo(x + size / 2, y - size / 2);
}

/** Who answered, in the order of their names; answers that do not say who last. */
function answerers({ outcome, answeredBy }) {
  const names = new Set(answeredBy.filter((name, i) => name !== null && outcome[i] === 'ok'));
  const silent = answeredBy.some((name, i) => name === null && outcome[i] === 'ok');
  return [...[...names].sort(), ...(silent ? [null] : [])];
}

function colourOf(index) {
  return theme().nodes[index % theme().nodes.length];
}

/** `+12.3 ms`: a moment as the reader of a drill counts, from the fault. */
function moment(ms) {
  const size = Math.abs(ms);
  const text =
    size >= 10_000 ? `${(size / 1_000).toFixed(1)} s` : `${size < 100 ? size.toFixed(1) : Math.round(size)} ms`;
  return `${ms < 0 ? '-' : '+'}${text}`;
}

/** The parts of a run worth a look, in ms from the fault. */
function viewsOf({ timeline, run, faultMs }) {
  const { marks, measured } = run;
  const { dueMs } = timeline.samples;
  const around = (name, fromMs, momentsMs) => {
    const untilMs = Math.max(fromMs + 100, ...momentsMs);
    const padMs = (untilMs - fromMs) / 4;
    return { name, min: fromMs - padMs - faultMs, max: untilMs + padMs - faultMs };
  };
  const changesMs = [
    ...timeline.lanes.flatMap(({ states }) => states.map(({ fromMs }) => fromMs)),
    ...timeline.steps.map(({ atMs }) => atMs),
  ];
  const between = (fromMs, untilMs) => changesMs.filter((ms) => ms >= fromMs && ms < untilMs);
  const ends = (windows) => windows.map(({ untilMs }) => untilMs);
  return [
    { name: 'Whole run', min: dueMs[0] - faultMs, max: dueMs.at(-1) - faultMs },
    around('Fault', marks.faultMs, [...between(marks.faultMs, marks.healMs), ...ends(measured.outages.fault)]),
    around('Heal', marks.healMs, [...between(marks.healMs, marks.recoveredMs), ...ends(measured.outages.heal)]),
  ];
}

/** Calls `paint` with the canvas in CSS pixels, so that nothing else has to know the screen's resolution. */
function inCssPixels(u, paint) {
  const ratio = uPlot.pxRatio;
  const { ctx, bbox } = u;
  const box = {
    left: bbox.left / ratio,
    top: bbox.top / ratio,
    right: (bbox.left + bbox.width) / ratio,
    bottom: (bbox.top + bbox.height) / ratio,
  };
  ctx.save();
  ctx.scale(ratio, ratio);
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  paint(ctx, box, (ms) => box.left + u.valToPos(ms, 'x'));
  ctx.restore();
}

function clipTo(ctx, { left, top, right, bottom }) {
  ctx.beginPath();
  ctx.rect(left, top, right - left, bottom - top);
  ctx.clip();
}

function shadeFault(u, { run, faultMs }) {
  inCssPixels(u, (ctx, box, xOf) => {
    clipTo(ctx, box);
    ctx.fillStyle = theme().faultBand;
    const from = xOf(0);
    ctx.fillRect(from, box.top, Math.max(1, xOf(run.marks.healMs - faultMs) - from), box.bottom - box.top);
  });
}

function linesOf({ timeline, run, faultMs }) {
  return [...timeline.steps, { name: 'heal', atMs: run.marks.healMs }, { name: 'healthy', atMs: run.marks.recoveredMs }]
    .map(({ name, atMs }) => ({ name, ms: atMs - faultMs }))
    .sort((a, b) => a.ms - b.ms);
}

function drawLines(u, chart) {
  inCssPixels(u, (ctx, box, xOf) => {
    clipTo(ctx, box);
    ctx.strokeStyle = theme().line;
    ctx.setLineDash([4, 3]);
    for (const { ms } of linesOf(chart)) {
      const x = Math.round(xOf(ms)) + 0.5;
      ctx.beginPath();
      ctx.moveTo(x, box.top);
      ctx.lineTo(x, box.bottom);
      ctx.stroke();
    }
  });
}

/** A name that finds no room is left out: zooming in brings it back. */
function drawNames(u, chart) {
  inCssPixels(u, (ctx, box, xOf) => {
    ctx.font = `12px ${FONT}`;
    ctx.fillStyle = theme().ink;
    const takenUntil = Array(NAME_ROWS).fill(-Infinity);
    for (const { name, ms } of linesOf(chart)) {
      const x = xOf(ms);
      if (x < box.left || x > box.right) continue;
      const width = ctx.measureText(name).width;
      const left = Math.min(Math.max(x - width / 2, box.left), box.right - width);
      const row = takenUntil.findIndex((until) => left >= until);
      if (row < 0) continue;
      takenUntil[row] = left + width + 8;
      ctx.fillText(name, left, box.top - 5 - row * NAME_HEIGHT);
    }
  });
}

function timeAxis(label) {
  return {
    size: AXIS_HEIGHT,
    font: `12px ${FONT}`,
    labelFont: `12px ${FONT}`,
    labelSize: LABEL_HEIGHT,
    label,
    stroke: () => theme().soft,
    grid: { stroke: () => theme().grid, width: 1 },
    ticks: { stroke: () => theme().grid, width: 1 },
    values: (u, ticksMs) =>
      u.scales.x.max - u.scales.x.min > 5_000
        ? ticksMs.map((ms) => `${ms / 1_000} s`)
        : ticksMs.map((ms) => `${Number(ms.toFixed(3))} ms`),
  };
}

function cursor(chart) {
  return {
    y: false,
    points: { show: false },
    drag: { x: true, y: false },
    sync: { key: chart.id, scales: ['x', null] },
  };
}

/** The answers: when each was due, how long it took, who gave it. */
function drawScatter(element, chart, width) {
  const { samples } = chart.timeline;
  const latencyOf = (wanted) =>
    samples.latencyMs.map((ms, i) => (ms !== null && wanted(i) ? Math.max(ms, LEAST_MS) : null));
  const ok = (name) => (i) => samples.outcome[i] === 'ok' && samples.answeredBy[i] === name;
  const series = [
    ...chart.answerers.map((name, index) => ({
      latencyMs: latencyOf(ok(name)),
      series: markSeries(
        (path, ...at) => MARKS[index % MARKS.length](path, ...at),
        4,
        () => colourOf(index),
        true,
      ),
    })),
    {
      latencyMs: latencyOf((i) => samples.outcome[i] === 'failed'),
      series: markSeries(cross, 7, () => theme().failed),
    },
  ];
  const options = {
    width,
    height: SCATTER_HEIGHT,
    padding: [NAME_ROWS * NAME_HEIGHT + 4, 12, 0, 0],
    legend: { show: false },
    cursor: cursor(chart),
    scales: { x: { time: false }, y: { distr: 3, range: latencyRange } },
    axes: [
      timeAxis(),
      {
        size: AXIS_SIZE,
        font: `12px ${FONT}`,
        stroke: () => theme().soft,
        grid: { stroke: () => theme().grid, width: 1 },
        ticks: { stroke: () => theme().grid, width: 1 },
        values: (_u, ticksMs) => ticksMs.map((ms) => (ms === null ? '' : `${ms} ms`)),
      },
    ],
    series: [{}, ...series.map((each) => each.series)],
    hooks: {
      drawClear: [(u) => shadeFault(u, chart)],
      draw: [(u) => drawLines(u, chart), (u) => drawNames(u, chart)],
      setCursor: [(u) => readOut(u, chart)],
    },
  };
  return new uPlot(options, [chart.xMs, ...series.map(({ latencyMs }) => latencyMs)], element);
}

/** With some room: neither the fastest answer nor a timeout is to be on the edge. The axis begins with a plain figure. */
function latencyRange(_u, least, most) {
  return [plainBelow((least ?? 1) * 0.6), (most ?? 10) * 1.8];
}

/** 1, 2 or 5 times a power of ten. */
function plainBelow(ms) {
  const power = Math.floor(Math.log10(ms));
  const step = [5, 2, 1].find((each) => each * 10 ** power <= ms);
  return Number(`${step}e${power}`);
}

/** Points only, no line between them: a request has nothing to do with the next one. */
function markSeries(mark, size, colour, filled) {
  const paths = (u, seriesIndex, from, until) => {
    const path = new Path2D();
    const values = u.data[seriesIndex];
    for (let i = from; i <= until; i += 1) {
      if (values[i] === null) continue;
      mark(path, u.valToPos(u.data[0][i], 'x', true), u.valToPos(values[i], 'y', true), size * uPlot.pxRatio);
    }
    return { stroke: filled ? null : path, fill: filled ? path : null };
  };
  return {
    stroke: colour,
    paths: () => null,
    points: { show: true, paths, size, width: filled ? 0 : 1.5, stroke: colour, fill: colour },
  };
}

function readOut(u, { readout, timeline: { samples }, faultMs }) {
  const i = u.cursor.idx;
  if (i === null || i === undefined) {
    readout.textContent = '';
    return;
  }
  const took = `after ${samples.latencyMs[i]} ms`;
  const what = {
    ok: `${samples.answeredBy[i] ?? 'answered'} ${took}`,
    failed: `failed ${took}`,
    unsent: 'not sent by the prober',
  }[samples.outcome[i]];
  readout.textContent = `${moment(samples.dueMs[i] - faultMs)}: ${what}`;
}

/** What happened at moments, then the states of things. Servers whose state never changed are told in words. */
function rowsOf({ timeline, run, faultMs }) {
  const { samples } = timeline;
  const dueWhen = (outcome) => samples.dueMs.filter((_, i) => samples.outcome[i] === outcome).map((ms) => ms - faultMs);
  const outages = [...run.measured.outages.fault, ...run.measured.outages.heal];
  const unsentMs = dueWhen('unsent');
  const changing = timeline.lanes.filter(({ kind, states }) => kind === 'vrrp' || states.length > 1);
  return [
    { name: 'failed requests, outages', colour: 'failed', atMs: dueWhen('failed'), outages },
    ...(unsentMs.length > 0 ? [{ name: 'not sent by the prober', colour: 'unsent', atMs: unsentMs }] : []),
    { name: 'broken connections', colour: 'broken', atMs: timeline.brokenAtMs.map((ms) => ms - faultMs) },
    ...changing,
  ];
}

function looksOf(kind, state) {
  const word = state.split(' ')[0];
  if (word === 'MASTER') return 'good';
  if (word === 'BACKUP') return 'standby';
  if (word === 'FAULT') return 'bad';
  if (kind === 'vrrp') return 'other';
  if (state === 'UP') return 'standby';
  if (state === 'DOWN') return 'bad';
  return word === 'UP' || word === 'DOWN' ? 'between' : 'other';
}

/** Below the answers, on the same time axis. */
function drawLanes(element, chart, width) {
  const options = {
    width,
    height: chart.rows.length * LANE_HEIGHT + AXIS_HEIGHT + LABEL_HEIGHT + 4,
    padding: [4, 12, 0, 0],
    legend: { show: false },
    cursor: cursor(chart),
    scales: { x: { time: false }, y: { range: [0, 1] } },
    axes: [
      timeAxis('from the fault'),
      { size: AXIS_SIZE, values: () => [], grid: { show: false }, ticks: { show: false } },
    ],
    series: [{}, { paths: () => null, points: { show: false } }],
    hooks: {
      drawClear: [(u) => shadeFault(u, chart)],
      draw: [(u) => chart.rows.forEach((row, i) => drawRow(u, chart, row, i)), (u) => drawLines(u, chart)],
    },
  };
  return new uPlot(options, [chart.xMs, chart.xMs.map(() => null)], element);
}

function drawRow(u, chart, row, index) {
  inCssPixels(u, (ctx, box, xOf) => {
    const top = box.top + index * LANE_HEIGHT;
    const lane = { ...box, top: top + 14, bottom: top + LANE_HEIGHT - 2 };
    ctx.font = `11px ${FONT}`;
    ctx.fillStyle = theme().ink;
    ctx.fillText(row.name, box.left + 4, top + 11);
    clipTo(ctx, lane);
    if (row.states) drawStates(ctx, lane, xOf, chart, row);
    else drawMoments(ctx, lane, xOf, chart, row);
  });
}

function drawMoments(ctx, { top, bottom }, xOf, { faultMs }, { colour, atMs, outages = [] }) {
  ctx.fillStyle = theme().outage;
  for (const { fromMs, untilMs } of outages) {
    const from = xOf(fromMs - faultMs);
    ctx.fillRect(from, top, Math.max(1, xOf(untilMs - faultMs) - from), bottom - top);
  }
  ctx.fillStyle = theme()[colour];
  for (const ms of atMs) ctx.fillRect(xOf(ms) - 0.75, top + 1, 1.5, bottom - top - 2);
}

function drawStates(ctx, { top, bottom, left, right }, xOf, { faultMs, xMs }, { kind, states }) {
  states.forEach(({ fromMs, state }, i) => {
    const from = Math.max(left, xOf(fromMs - faultMs));
    const until = Math.min(right, xOf(i + 1 < states.length ? states[i + 1].fromMs - faultMs : xMs.at(-1)));
    if (until < left || from > right) return;
    const looks = looksOf(kind, state);
    ctx.fillStyle = theme().states[looks];
    ctx.fillRect(from, top, Math.max(1, until - from - 0.5), bottom - top);
    if (ctx.measureText(state).width > until - from - 6) return;
    ctx.fillStyle = theme().onStates[looks];
    ctx.fillText(state, from + 4, bottom - 3.5);
  });
}

function textElement(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

function legendEntry(text, mark, colour, filled) {
  const entry = textElement('li', text);
  const swatch = document.createElement('canvas');
  swatch.width = swatch.height = 28;
  const path = new Path2D();
  mark(path, 14, 14, 16);
  const ctx = swatch.getContext('2d');
  ctx.fillStyle = ctx.strokeStyle = colour;
  ctx.lineWidth = 4;
  if (filled) ctx.fill(path);
  else ctx.stroke(path);
  entry.prepend(swatch);
  return entry;
}

function fillLegend(chart) {
  const { outcome, answeredBy } = chart.timeline.samples;
  const counted = (wanted) => outcome.filter((_, i) => wanted(i)).length.toLocaleString('en-US');
  const steady = chart.timeline.lanes.filter(({ kind, states }) => kind === 'server' && states.length === 1);
  chart.legend.replaceChildren(
    ...chart.answerers.map((name, index) => {
      const times = counted((i) => outcome[i] === 'ok' && answeredBy[i] === name);
      const text = name === null ? `${times} answers that do not say by whom` : `${name}: ${times} answers`;
      return legendEntry(text, MARKS[index % MARKS.length], colourOf(index), true);
    }),
    legendEntry(
      `${counted((i) => outcome[i] === 'failed')} failed, by how long the client waited`,
      cross,
      theme().failed,
    ),
    ...(steady.length > 0
      ? [
          textElement(
            'li',
            `All the time: ${steady.map(({ name, states }) => `${name} ${states[0].state}`).join(', ')}`,
          ),
        ]
      : []),
  );
}

function addViews(chart) {
  const buttons = viewsOf(chart).map(({ name, min, max }, index) => {
    const button = textElement('button', name);
    button.type = 'button';
    button.setAttribute('aria-pressed', String(index === 0));
    button.addEventListener('click', () => {
      for (const each of buttons) each.setAttribute('aria-pressed', String(each === button));
      for (const plot of chart.plots) plot.setScale('x', { min, max });
    });
    return button;
  });
  chart.views.replaceChildren(...buttons);
}

function open(figure) {
  const drill = report.drills[Number(figure.dataset.drill)];
  const { timeline } = drill;
  const run = drill.runs.find(({ number }) => number === timeline.run);
  const { faultMs } = run.marks;
  const element = figure.querySelector('.chart');
  const chart = {
    id: `drill-${figure.dataset.drill}`,
    timeline,
    run,
    faultMs,
    xMs: timeline.samples.dueMs.map((ms) => ms - faultMs),
    answerers: answerers(timeline.samples),
    rows: rowsOf({ timeline, run, faultMs }),
    legend: figure.querySelector('.legend'),
    views: figure.querySelector('.views'),
    readout: figure.querySelector('.readout'),
  };
  element.replaceChildren();
  chart.plots = [drawScatter, drawLanes].map((draw) => draw(element, chart, element.clientWidth));
  fillLegend(chart);
  addViews(chart);
  return chart;
}

/* Charts are drawn when they come near the screen, and all of them before the page is printed. */

const charts = new Map();

function openOnce(figure) {
  if (!charts.has(figure)) charts.set(figure, open(figure));
}

function redraw() {
  for (const chart of charts.values()) {
    for (const plot of chart.plots) plot.redraw(false, true);
    fillLegend(chart);
  }
}

const figures = document.querySelectorAll('.timeline');
const nearScreen = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) if (isIntersecting) openOnce(target);
  },
  { rootMargin: '800px' },
);
for (const figure of figures) nearScreen.observe(figure);

addEventListener('resize', () => {
  for (const [figure, { plots }] of charts) {
    const width = figure.querySelector('.chart').clientWidth;
    for (const plot of plots) plot.setSize({ width, height: plot.height });
  }
});
addEventListener('beforeprint', () => {
  printing = true;
  figures.forEach(openOnce);
  redraw();
});
addEventListener('afterprint', () => {
  printing = false;
  redraw();
});
darkScreen.addEventListener('change', redraw);
