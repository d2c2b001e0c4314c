import { describe, expect, it } from '@jest/globals';
import { Feed } from './feed.js';
import type { PageEvent } from './page-event.js';

const clock = (atMs: number): PageEvent => ({ event: 'clock', atMs });
const move = (atMs: number): PageEvent => ({ event: 'vrrp', atMs, node: 'frontend-01', state: 'MASTER' });
const answers = (atMs: number) => ({ event: 'answers', atMs }) as PageEvent;

function heardBy(feed: Feed, lastId = ''): { events: PageEvent[]; id: () => string; stop: () => void } {
  const events: PageEvent[] = [];
  let last = '';
  const stop = feed.subscribe(lastId, (id, news) => {
    last = id;
    events.push(...news);
  });
  return { events, id: () => last, stop };
}

describe('the feed', () => {
  it('tells who comes late what was before, and then what comes', () => {
    const feed = new Feed();
    feed.push([move(1)]);
    const { events, stop } = heardBy(feed);
    feed.push([move(2)]);
    stop();
    feed.push([move(3)]);
    expect(events).toEqual([move(1), move(2)]);
  });

  it('tells who comes again what it has missed alone', () => {
    const feed = new Feed();
    feed.push([move(1)]);
    const { id, stop } = heardBy(feed);
    stop();
    feed.push([move(2)]);
    expect(heardBy(feed, id()).events).toEqual([move(2)]);
  });

  it('tells everything to who knows another feed', () => {
    const [feed, other] = [new Feed(), new Feed()];
    other.push([move(1)]);
    const { id } = heardBy(other);
    feed.push([move(5)]);
    expect(heardBy(feed, id()).events).toEqual([move(5)]);
  });

  it('keeps a minute of answers, the last of what is replaced, and every move', () => {
    const feed = new Feed();
    feed.push([move(0)]);
    for (let atMs = 0; atMs <= 1_800_000; atMs += 100) feed.push([answers(atMs), clock(atMs)]);
    const { events } = heardBy(feed);
    expect(events.filter(({ event }) => event === 'vrrp')).toEqual([move(0)]);
    expect(events.length).toBeLessThan(1_000);
    expect(events.filter(({ event }) => event === 'answers').at(-1)).toEqual(answers(1_800_000));
  });
});
