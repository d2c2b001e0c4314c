import type { LabObserver } from '../../lab/lab.js';
import type { RunProbe } from '../probe-process.js';

const INTERVAL_MS = 10;

/** A probe without a network: a request fails while nobody who answers holds the first virtual IP, or `fails` says so. */
export function inMemoryProbe(lab: LabObserver, fails: () => boolean = () => false): RunProbe {
  return async (cluster, _arguments, onEvent, signal) => {
    const { clock } = lab;
    const startMs = clock.nowMs();
    onEvent({
      ...{ event: 'started', wallClockMs: clock.wallClockMs(), monotonicMs: startMs },
      ...{ url: 'http://127.0.0.1/', ratePerSecond: 1000 / INTERVAL_MS, durationMs: 60_000, timeoutMs: 1 },
    });
    const { virtualIp } = cluster.tiers[0]!.virtualRouter;
    const ask = async () => {
      const dueMs = clock.nowMs() - startMs;
      const nodes = await lab.observe();
      const holder = nodes.find(({ vipsHeld, services }) => vipsHeld.includes(virtualIp) && services.haproxy === 'up');
      const answer = { status: null, frontend: holder?.node ?? null, backend: null };
      const timing = { dueMs, lateMs: 0, latencyMs: 1 };
      if (holder && !fails()) onEvent({ event: 'sample', ...timing, ...answer, outcome: 'ok', reason: null });
      else onEvent({ event: 'sample', ...timing, ...answer, outcome: 'failed', reason: 'timeout' });
    };
    while (!signal?.aborted) {
      await ask();
      await clock.pause(INTERVAL_MS);
    }
  };
}
