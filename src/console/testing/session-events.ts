import type { SessionEvent } from '../../session/session-event.js';

export const STARTED: SessionEvent = { event: 'stream-started', atMs: 0, version: 1, wallClockMs: Date.UTC(2026) };

export const CLUSTER: SessionEvent = {
  ...{ event: 'cluster', atMs: 1, name: 'ha-demo', lab: 'containers', profile: 'tuned' },
  tiers: [
    {
      ...{ name: 'frontend', virtualIp: '192.168.99.10' },
      nodes: [
        { name: 'frontend-01', address: '192.168.99.11' },
        { name: 'frontend-02', address: '192.168.99.12' },
      ],
    },
    {
      ...{ name: 'backend', virtualIp: '192.168.99.20' },
      nodes: [{ name: 'backend-01', address: '192.168.99.21' }],
    },
  ],
};

/** Answers every `intervalMs`, all good but those due between `failFromMs` and `failUntilMs`. */
export function requests(
  [fromMs, untilMs]: [number, number],
  [failFromMs, failUntilMs]: [number, number] = [0, 0],
  intervalMs = 10,
): SessionEvent[] {
  const events: SessionEvent[] = [];
  for (let atMs = fromMs; atMs < untilMs; atMs += intervalMs) {
    const isFailed = atMs >= failFromMs && atMs < failUntilMs;
    const times = { event: 'request', atMs, lateMs: 0, latencyMs: isFailed ? 250 : 2 } as const;
    const frontend = `frontend-0${1 + ((atMs / intervalMs) % 2)}`;
    events.push(
      isFailed
        ? { ...times, outcome: 'failed', reason: 'timeout', status: null, frontend: null, backend: null }
        : { ...times, outcome: 'ok', reason: null, status: 200, frontend, backend: 'backend-01' },
    );
  }
  return events;
}
