import { expect, it } from '@jest/globals';
import { FakeClock } from '../common/testing/fake-clock.js';
import { EventStream } from './event-stream.js';
import { EVENT_VERSION, type SessionEvent } from './session-event.js';

it('begins with its version and its moment, for who comes late, too', async () => {
  const clock = new FakeClock();
  const stream = new EventStream(clock);
  const startedAtMs = clock.wallClockMs();
  await clock.pause(100);
  const heard: SessionEvent[] = [];
  stream.subscribe((event) => heard.push(event));
  expect(heard).toEqual([{ atMs: 0, event: 'stream-started', version: EVENT_VERSION, wallClockMs: startedAtMs }]);
});

it('tells each listener when something has happened, until it listens no more', async () => {
  const clock = new FakeClock();
  const stream = new EventStream(clock);
  await clock.pause(100);
  const [one, other]: [SessionEvent[], SessionEvent[]] = [[], []];
  const unsubscribe = stream.subscribe((event) => one.push(event));
  stream.subscribe((event) => other.push(event));
  stream.publish({ event: 'campaign-ended', verdict: 'pass' });
  unsubscribe();
  stream.publish({ event: 'vrrp', node: 'backend-01', state: 'MASTER' }, clock.nowMs() - 40.00049);
  expect(one.slice(1)).toEqual([{ atMs: 100, event: 'campaign-ended', verdict: 'pass' }]);
  expect(other.slice(2)).toEqual([{ atMs: 60, event: 'vrrp', node: 'backend-01', state: 'MASTER' }]);
});
