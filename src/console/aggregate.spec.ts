import { describe, expect, it } from '@jest/globals';
import type { SessionEvent } from '../session/session-event.js';
import { Aggregate } from './aggregate.js';
import type { Answers, PageEvent } from './page-event.js';
import { CLUSTER, requests, STARTED } from './testing/session-events.js';

const answersIn = (events: PageEvent[]) => events.filter((event): event is Answers => event.event === 'answers');

function taken(events: SessionEvent[]): Aggregate {
  const aggregate = new Aggregate();
  events.forEach((event) => aggregate.take(event));
  return aggregate;
}

describe('what the page is told', () => {
  it('are answers by stretches of 100 ms, and who gave them', () => {
    const events = taken(requests([0, 200], [150, 170])).flush(500);
    expect(answersIn(events)).toEqual([
      {
        ...{ event: 'answers', atMs: 0, slow: 0, failed: 0, unsent: 0, broken: 0, reasons: {}, medianMs: 2, maxMs: 2 },
        ...{ byFrontend: { 'frontend-01': 5, 'frontend-02': 5 }, byBackend: { 'backend-01': 10 } },
      },
      {
        ...{ event: 'answers', atMs: 100, slow: 0, failed: 2, unsent: 0, broken: 0, medianMs: 2, maxMs: 2 },
        ...{
          reasons: { timeout: 2 },
          byFrontend: { 'frontend-01': 4, 'frontend-02': 4 },
          byBackend: { 'backend-01': 8 },
        },
      },
    ]);
  });

  it('is a stretch again, as a whole, when an answer comes late', () => {
    const [first, ...others] = requests([0, 100]);
    const aggregate = taken(others);
    expect(answersIn(aggregate.flush(100))).toMatchObject([{ atMs: 0, byBackend: { 'backend-01': 9 } }]);
    expect(answersIn(aggregate.flush(200))).toEqual([]);
    aggregate.take(first!);
    expect(answersIn(aggregate.flush(300))).toMatchObject([{ atMs: 0, byBackend: { 'backend-01': 10 } }]);
  });

  it('are moves and looks as they are, each once, and the time', () => {
    const move: SessionEvent = { event: 'vrrp', atMs: 7, node: 'frontend-02', state: 'MASTER' };
    const aggregate = taken([STARTED, CLUSTER, move]);
    expect(aggregate.flush(20)).toEqual([STARTED, CLUSTER, move, { event: 'clock', atMs: 20 }]);
    expect(aggregate.flush(30)).toEqual([{ event: 'clock', atMs: 30 }]);
  });

  it('is an outage that ends when the clients do', () => {
    const aggregate = taken(requests([0, 500], [300, 500]));
    expect(aggregate.flush(500)).toContainEqual({
      ...{ event: 'outages', atMs: 0 },
      windows: [{ fromMs: 300, untilMs: 500, durationMs: 200, failed: 20, open: true }],
    });
    aggregate.take({ event: 'probe-ended', atMs: 700 });
    expect(aggregate.flush(800)).toContainEqual({
      ...{ event: 'outages', atMs: 0 },
      windows: [{ fromMs: 300, untilMs: 490, durationMs: 190, failed: 20, open: false }],
    });
  });
});
