import type { ProbeSample } from '../../probe/probe-event.js';

/** A request every 10 ms from `fromMs` on: `.` is ok, `x` has failed, `-` is unsent. */
export function samplesOf(pattern: string, fromMs = 0): ProbeSample[] {
  return [...pattern].map((mark, index) => {
    const common = { dueMs: fromMs + index * 10, lateMs: 0.1, frontend: null, backend: null };
    if (mark === 'x') return { ...common, outcome: 'failed', reason: 'timeout', status: null, latencyMs: 250 };
    if (mark === '-') return { ...common, outcome: 'unsent', reason: 'prober-late', status: null, latencyMs: null };
    return { ...common, outcome: 'ok', reason: null, status: 200, frontend: 'frontend-01', latencyMs: 3 };
  });
}
