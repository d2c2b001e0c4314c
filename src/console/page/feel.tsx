import { useEffect, useRef } from 'preact/hooks';
import { duration } from '../../report/words.js';
import { ANSWERS, answerers, colourOf, LANES, LATENCY } from './charts.js';
import { shown } from './model.js';
import { answeredBy, type PageState } from './state.js';
import { type ChartKind, TimeChart } from './time-chart.js';
import { clockTime, prediction, requests, titleOf } from './words.js';

/** What clients feel: the last outage, what they get now, and the last half minute. */
export function Feel() {
  const state = shown();
  return (
    <section class="feel" aria-label="What clients feel">
      <div class="figures">
        <OutageFigure state={state} />
        <Now state={state} />
      </div>
      <div class="charts">
        <Chart kind={ANSWERS} label="Answers, by who gave them; failed requests below the line" />
        <Chart kind={LATENCY} label="Latency of good answers: the median as a line, the slowest as dots" />
        <Chart kind={LANES} label="VRRP states of the nodes, and servers as HAProxy takes them" />
      </div>
    </section>
  );
}

function OutageFigure({ state }: { state: PageState }) {
  const last = state.lastWindow();
  const isOpen = last?.open === true;
  const ms = last === undefined ? undefined : isOpen ? state.nowMs - last.fromMs : last.durationMs;
  const fault = state.faults.at(-1);
  return (
    <div class={`last-outage ${isOpen ? 'open' : ''}`}>
      <span class="soft">{isOpen ? 'Clients are not served, since' : 'The last outage'}</span>
      <strong data-outage={ms ?? ''}>{ms === undefined ? 'none' : duration(ms)}</strong>
      <span class="soft">
        {last === undefined
          ? 'since this page watches'
          : `${clockTime(state.wallClockMs + last.fromMs)}, ${requests(last.failed)} failed`}
      </span>
      {fault && (
        <span class="fault">{`${titleOf(fault)}: predicted ${prediction(fault)}, measured ${measured(state)}`}</span>
      )}
    </div>
  );
}

function measured(state: PageState): string {
  const outage = state.outageOf(state.faults.at(-1)!);
  if (!outage) return 'none';
  return outage.open ? `${duration(state.nowMs - outage.fromMs)} and more` : duration(outage.durationMs);
}

function Now({ state }: { state: PageState }) {
  const { failed, slow, broken } = state.troubles();
  const rates = state.rates(answeredBy(state.asked?.name ?? 'frontend'));
  return (
    <dl class="now">
      {answerers(state).map((name, index) => (
        <div key={name}>
          <dt>
            <i class="swatch" style={{ background: colourOf(index) }} /> {name}
          </dt>
          <dd>{rates[name] ?? 0}/s</dd>
        </div>
      ))}
      <div class={failed > 0 ? 'bad' : ''}>
        <dt>▼ failed</dt>
        <dd>{failed}/s</dd>
      </div>
      <div class={slow > 0 ? 'bad' : ''}>
        <dt>slow, over 100 ms</dt>
        <dd>{slow}/s</dd>
      </div>
      <div class={broken > 0 ? 'bad' : ''}>
        <dt>connections broken</dt>
        <dd>{broken}/s</dd>
      </div>
    </dl>
  );
}

function Chart({ kind, label }: { kind: ChartKind; label: string }) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<TimeChart>(null);
  const state = shown();
  useEffect(() => {
    chart.current = new TimeChart(place.current!, state, kind);
    return () => chart.current?.remove();
  }, []);
  useEffect(() => chart.current?.show(state));
  return (
    <figure>
      <figcaption class="soft">{label}</figcaption>
      <div ref={place} role="img" aria-label={label} style={{ minHeight: `${kind.height(state)}px` }} />
    </figure>
  );
}
