import { describe, expect, it } from '@jest/globals';
import { InvalidInputError } from '../common/errors.js';
import type { SessionEvent } from '../session/session-event.js';
import { toldOf } from './recording.js';
import { CLUSTER, requests, STARTED } from './testing/session-events.js';

const linesOf = (events: SessionEvent[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('');

describe('a recording', () => {
  it('tells what the session told, at its moments', () => {
    const move: SessionEvent = { event: 'vrrp', atMs: 1_042.5, node: 'frontend-02', state: 'MASTER' };
    const early = requests([0, 1_040], [1_000, 1_040]);
    const recording = toldOf(linesOf([STARTED, CLUSTER, ...early, move, ...requests([1_040, 3_000])]), 'file');
    const events = recording.flatMap((told) => told.events);
    expect(events.filter(({ event }) => event === 'vrrp')).toEqual([move]);
    expect(recording.find((told) => told.events.includes(events.find(({ event }) => event === 'vrrp')!))?.atMs).toBe(
      1_042.5,
    );
    expect(recording.map(({ atMs }) => atMs)).toEqual(recording.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
    const last = events.findLast(({ event }) => event === 'outages');
    expect(last).toMatchObject({ windows: [{ fromMs: 1_000, durationMs: 40, failed: 4, open: false }] });
  });

  it('tells what was known late when it was known', () => {
    const move: SessionEvent = { event: 'vrrp', atMs: 900, node: 'frontend-02', state: 'MASTER' };
    const look: SessionEvent = { event: 'nodes', atMs: 500, nodes: [], problems: [] };
    const recording = toldOf(linesOf([STARTED, CLUSTER, move, look]), 'file');
    expect(recording.slice(-2)).toEqual([
      { atMs: 900, events: [move] },
      { atMs: 900, events: [look] },
    ]);
  });

  it('may end in the middle of a line', () => {
    expect(toldOf(`${linesOf([STARTED, CLUSTER])}{"event":"vr`, 'file').flatMap(({ events }) => events)).toEqual([
      STARTED,
      CLUSTER,
    ]);
  });

  it.each([
    ['', 'rec.jsonl:1: must be the start of a recording, {"event":"stream-started",...}'],
    [
      linesOf([STARTED, ...requests([0, 50])]),
      'rec.jsonl: says nothing of the cluster, as that of a soak, and cannot be replayed',
    ],
    ['hello\n', 'rec.jsonl:1: hello must be an event, {"atMs":...,"event":...}'],
    [linesOf([CLUSTER]), 'rec.jsonl:1: must be the start of a recording, {"event":"stream-started",...}'],
    [`${JSON.stringify({ ...STARTED, version: 2 })}\n`, 'rec.jsonl:1: version: 2 must be 1'],
    [
      `${linesOf([STARTED])}{"event":7}\n${linesOf([CLUSTER])}`,
      'rec.jsonl:2: {"event":7} must be an event, {"atMs":...,"event":...}',
    ],
  ])('%j is refused', (text, message) => {
    expect(() => toldOf(text, 'rec.jsonl')).toThrow(new InvalidInputError(message));
  });
});
