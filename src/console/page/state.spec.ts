import { describe, expect, it } from '@jest/globals';
import type { NodeSeen } from '../../session/session-event.js';
import { Aggregate } from '../aggregate.js';
import type { PageEvent } from '../page-event.js';
import { CLUSTER, requests, STARTED } from '../testing/session-events.js';
import { PageState } from './state.js';

const node = (name: string, changes: Partial<NodeSeen> = {}): NodeSeen => ({
  ...{ node: name, power: 'on', link: 'up', vrrpState: 'BACKUP', vipsHeld: [] },
  services: { app: 'up', haproxy: 'up', keepalived: 'up' },
  servers: [{ name: 'frontend-01', status: 'UP' }],
  ...changes,
});
const MASTER = { vrrpState: 'MASTER', vipsHeld: ['192.168.99.10'] } as const;
const look = (atMs: number, ...nodes: NodeSeen[]): PageEvent => ({ event: 'nodes', atMs, nodes, problems: [] });
const fault = (atMs: number, phase: 'fault' | 'heal'): PageEvent => ({
  ...{ event: 'phase', atMs, phase, fault: 'kill-haproxy', tier: 'frontend', node: 'frontend-01', profile: 'tuned' },
  ...{ run: 1, runs: 1, prediction: { fromMs: 0, untilMs: 60, because: 'of the timers' } },
});

function stateAfter(...events: PageEvent[]): PageState {
  const state = new PageState();
  [STARTED as PageEvent, CLUSTER as PageEvent, ...events].forEach((event) => state.take(event));
  return state;
}

const logOf = ({ log }: PageState) => log.lines.map(({ text }) => text);

describe('who holds a virtual IP', () => {
  it('is what a look has seen', () => {
    const state = stateAfter(
      look(10, node('frontend-01', { ...MASTER, vipsHeld: ['192.168.99.10'] }), node('frontend-02')),
    );
    expect(state.holders.get('frontend')).toEqual(['frontend-01']);
  });

  it('is whoever has become master since, whatever a look says that began before', () => {
    const before = [node('frontend-01', { ...MASTER, vipsHeld: ['192.168.99.10'] }), node('frontend-02')];
    const state = stateAfter(
      look(10, ...before),
      { event: 'vrrp', atMs: 50, node: 'frontend-02', state: 'MASTER' },
      look(40, ...before),
    );
    expect(state.holders.get('frontend')).toEqual(['frontend-02']);
    expect(state.lanes.now('frontend-02')).toBe('MASTER');
  });

  it('is the master that is left when another one has been it for a moment', () => {
    const state = stateAfter(
      look(10, node('frontend-01', { ...MASTER, vipsHeld: ['192.168.99.10'] }), node('frontend-02')),
      { event: 'vrrp', atMs: 50, node: 'frontend-02', state: 'MASTER' },
      { event: 'vrrp', atMs: 60, node: 'frontend-02', state: 'BACKUP' },
    );
    expect(state.holders.get('frontend')).toEqual(['frontend-01']);
  });

  it('is nobody when the only holder is none any more, and two when a look has seen two', () => {
    const both = ['frontend-01', 'frontend-02'].map((name) => node(name, { ...MASTER, vipsHeld: ['192.168.99.10'] }));
    const none = stateAfter(look(10, node('frontend-01', { ...MASTER, vipsHeld: ['192.168.99.10'] })), {
      ...{ event: 'vrrp', atMs: 50, node: 'frontend-01', state: 'FAULT' },
    });
    expect(none.holders.get('frontend')).toEqual([]);
    expect(stateAfter(look(10, ...both)).holders.get('frontend')).toEqual(['frontend-01', 'frontend-02']);
  });
});

describe('clients', () => {
  it('ask the tier whose address is in their URL, the first one unless they say', () => {
    const asked = (url: string) =>
      stateAfter({ event: 'probe-started', atMs: 5, url, ratePerSecond: 200, timeoutMs: 250 }).asked?.name;
    expect(asked('http://192.168.99.20/backend')).toBe('backend');
    expect(asked('http://192.168.99.10/frontend')).toBe('frontend');
    expect(asked('http://127.0.0.1:8010/frontend')).toBe('frontend');
  });
});

describe('a server', () => {
  it('is up again when a look has seen it, though its HAProxy has started anew and told nothing', () => {
    const state = stateAfter(
      look(10, node('frontend-01')),
      { event: 'server', atMs: 50, node: 'frontend-01', server: 'frontend-01', state: 'DOWN' },
      look(40, node('frontend-01')),
    );
    expect(state.lanes.now('frontend-01 sees frontend-01')).toBe('DOWN');
    state.take(look(90, node('frontend-01', { servers: [{ name: 'frontend-01', status: 'UP 1/2' }] })));
    expect(state.lanes.now('frontend-01 sees frontend-01')).toBe('UP');
  });
});

describe('the log', () => {
  it('says in words what happened, and how long after the fault', () => {
    const state = stateAfter(
      fault(1_000, 'fault'),
      { event: 'vrrp', atMs: 1_004, node: 'frontend-02', state: 'MASTER' },
      {
        event: 'outages',
        atMs: 0,
        windows: [{ fromMs: 1_000, untilMs: 1_035, durationMs: 35, failed: 7, open: false }],
      },
      fault(2_000, 'heal'),
      { event: 'vrrp', atMs: 2_100, node: 'frontend-01', state: 'MASTER' },
      {
        event: 'mended',
        atMs: 2_500,
        fault: 'kill-haproxy',
        tier: 'frontend',
        node: 'frontend-01',
        isHealed: true,
        remarks: [],
      },
    );
    expect(logOf(state)).toEqual([
      'kill-haproxy on frontend-01; predicted outage: 0 to 60 ms',
      'outage of 35 ms, 7 requests failed, 0 ms after the fault',
      'frontend-02 became MASTER, 4.0 ms after the fault',
      'heal of kill-haproxy on frontend-01',
      'frontend-01 became MASTER, 100 ms after the heal',
      'kill-haproxy on frontend-01 is mended; predicted: 0 to 60 ms; measured: outage of 35 ms, 7 requests failed',
    ]);
    expect(state.faults).toMatchObject([{ faultMs: 1_000, healMs: 2_000, recoveredMs: 2_500 }]);
  });

  it('measures as a drill does: cut at the heal, and what the heal costs, too', () => {
    const window = (fromMs: number, untilMs: number) => ({
      fromMs,
      untilMs,
      durationMs: untilMs - fromMs,
      failed: 1,
      open: false,
    });
    const measuredWith = (...windows: ReturnType<typeof window>[]) => {
      const state = stateAfter(fault(1_000, 'fault'), fault(2_000, 'heal'), { event: 'outages', atMs: 0, windows });
      return state.outageOf(state.faults[0]!)?.durationMs;
    };
    expect(measuredWith(window(1_500, 2_300))).toBe(500);
    expect(measuredWith(window(1_500, 1_600), window(2_100, 2_300))).toBe(200);
    expect(measuredWith(window(100, 900))).toBeUndefined();
  });

  it('says an outage once, as it was in the end', () => {
    const windows = (untilMs: number, open: boolean) => [
      { fromMs: 1_000, untilMs, durationMs: untilMs - 1_000, failed: 3, open },
    ];
    const state = stateAfter(
      { event: 'outages', atMs: 0, windows: windows(1_100, true) },
      { event: 'outages', atMs: 0, windows: windows(1_100, false) },
      { event: 'outages', atMs: 0, windows: windows(1_200, false) },
    );
    expect(logOf(state)).toEqual(['outage of 200 ms, 3 requests failed']);
    expect(state.lastWindow()).toMatchObject({ durationMs: 200, open: false });
  });

  it('says what a look shows that nobody has told', () => {
    const state = stateAfter(
      look(10, node('frontend-01'), node('frontend-02')),
      look(90, node('frontend-01', { power: 'off' }), node('frontend-02', { link: 'down' })),
    );
    expect(logOf(state)).toEqual(['frontend-01 is off', 'frontend-02: its cable is out']);
  });
});

describe('a page that is open for long', () => {
  it('keeps a bounded past', () => {
    const aggregate = new Aggregate();
    const state = stateAfter();
    for (let atMs = 0; atMs < 600_000; atMs += 1_000) {
      requests([atMs, atMs + 1_000], [atMs, atMs + 10], 50).forEach((event) => aggregate.take(event));
      for (const event of aggregate.flush(atMs + 1_000)) state.take(event);
      state.take({ event: 'vrrp', atMs, node: 'frontend-01', state: atMs % 2_000 === 0 ? 'MASTER' : 'BACKUP' });
    }
    expect(state.answers.length).toBeLessThan(800);
    expect(state.log.lines.length).toBeLessThanOrEqual(300);
    expect(state.windows.length).toBeLessThanOrEqual(50);
    expect(state.lanes.of('frontend-01').length).toBeLessThan(200);
    // Of each second one request fails.
    expect(state.troubles().failed).toBe(1);
  });
});
