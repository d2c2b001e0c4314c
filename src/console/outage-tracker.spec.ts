import { describe, expect, it } from '@jest/globals';
import { outageWindows, type OutageWindow } from '../drill/outage.js';
import type { ProbeSample } from '../probe/probe-event.js';
import { OutageTracker } from './outage-tracker.js';
import { requests } from './testing/session-events.js';

type Sample = Pick<ProbeSample, 'dueMs' | 'outcome'>;

const samples = (...args: Parameters<typeof requests>): Sample[] =>
  requests(...args).flatMap((event) =>
    event.event === 'request' ? [{ dueMs: event.atMs, outcome: event.outcome }] : [],
  );

/** What a listener knows in the end: each change replaces what was told of the time since it. */
function told(all: Sample[], arrivesAfterMs: (sample: Sample) => number, endMs: number): OutageWindow[] {
  const tracker = new OutageTracker();
  let known: OutageWindow[] = [];
  const arriving = all
    .map((sample) => ({ sample, atMs: sample.dueMs + arrivesAfterMs(sample) }))
    .sort((one, other) => one.atMs - other.atMs);
  for (let nowMs = 0; nowMs <= endMs; nowMs += 100) {
    while (arriving[0] && arriving[0].atMs <= nowMs) tracker.take(arriving.shift()!.sample);
    const changes = tracker.changes(nowMs);
    if (changes) known = [...known.filter(({ fromMs }) => fromMs < changes.sinceMs), ...changes.windows];
  }
  return known;
}

describe('outages that are told as they happen', () => {
  it('are in the end what they are when all answers are known', () => {
    const all = [
      ...samples([0, 5_000], [1_000, 1_340]),
      ...samples([5_000, 9_000], [5_200, 5_250]),
      ...samples([9_000, 20_000], [9_010, 9_020]),
    ];
    const late = ({ outcome }: Sample) => (outcome === 'failed' ? 250 : 3);
    const known = told(all, late, 20_000);
    expect(known).toEqual(outageWindows(all, 20_000));
    expect(known.map(({ durationMs, failed }) => [durationMs, failed])).toEqual([
      [340, 34],
      [50, 5],
      [10, 1],
    ]);
  });

  it('count every failed request of one that takes minutes', () => {
    const all = samples([0, 130_000], [10_000, 120_000]);
    expect(told(all, () => 250, 130_000)).toEqual([
      { fromMs: 10_000, untilMs: 120_000, durationMs: 110_000, failed: 11_000, open: false },
    ]);
  });

  it('end at a high rate, too, where they are looked at again for seconds', () => {
    const all = samples([0, 8_000], [1_000, 1_030], 0.5);
    expect(told(all, () => 3, 8_000)).toEqual([
      { fromMs: 1_000, untilMs: 1_030, durationMs: 30, failed: 60, open: false },
    ]);
  });

  it('go on while nobody is served', () => {
    const tracker = new OutageTracker();
    for (const sample of samples([0, 1_000], [500, 1_000])) tracker.take(sample);
    expect(tracker.changes(1_000)?.windows).toMatchObject([{ fromMs: 500, durationMs: 500, open: true }]);
    expect(tracker.changes(1_100)?.windows).toMatchObject([{ fromMs: 500, durationMs: 600, open: true }]);
  });

  it('are told without those that are over for long', () => {
    const tracker = new OutageTracker();
    for (const sample of [...samples([0, 5_000], [1_000, 1_050]), ...samples([5_000, 9_000], [5_000, 9_000])])
      tracker.take(sample);
    expect(tracker.changes(8_990)?.windows.map(({ fromMs }) => fromMs)).toEqual([1_000, 5_000]);
    expect(tracker.changes(9_000)).toMatchObject({ sinceMs: 1_050, windows: [{ fromMs: 5_000, open: true }] });
  });

  it('end with the last request that anybody knows of', () => {
    const tracker = new OutageTracker();
    for (const sample of samples([0, 1_000], [500, 1_000])) tracker.take(sample);
    tracker.changes(3_000);
    expect(tracker.end()?.windows).toMatchObject([{ fromMs: 500, untilMs: 990, open: false }]);
    expect(tracker.changes(4_000)).toBeUndefined();
  });

  it('are told once while nothing changes', () => {
    const tracker = new OutageTracker();
    for (const sample of samples([0, 2_000], [500, 600])) tracker.take(sample);
    expect(tracker.changes(2_000)).toBeDefined();
    expect(tracker.changes(2_100)).toBeUndefined();
  });
});
