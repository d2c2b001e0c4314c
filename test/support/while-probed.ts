import { type Cluster, tierOf } from '../../src/cluster/cluster.js';
import type { ProbeBreakage, ProbeEvent, ProbeSummary } from '../../src/drill/probe/probe-event.js';
import { runProbe } from '../../src/lab/compose/probe-container.js';

/**
 * Does something while a probe asks the frontend. Light, with a patient client: what is counted is what is lost, not
 * how fast the machine is; a lost packet of a handshake shows, since its repetition comes after 1 s.
 */
export async function whileProbed(
  cluster: Cluster,
  action: () => Promise<void>,
): Promise<ProbeSummary & { breakages: ProbeBreakage[] }> {
  const stop = new AbortController();
  const running = Promise.withResolvers<void>();
  let summary: ProbeSummary | undefined;
  const breakages: ProbeBreakage[] = [];
  const onEvent = (event: ProbeEvent) => {
    if (event.event === 'tick') running.resolve();
    if (event.event === 'broken') breakages.push(event);
    if (event.event === 'summary') summary = event;
  };
  const url = `http://${tierOf(cluster, 'frontend').virtualRouter.virtualIp}:${cluster.ports.tier}/frontend`;
  const flags = [
    ...['--url', url, '--rate', '50', '--duration', '5m', '--timeout', '900ms'],
    ...['--keep-alive', '10', '--keep-alive-interval', '200ms', '--keep-alive-timeout', '2s'],
  ];
  const probe = runProbe(cluster, flags, onEvent, stop.signal);
  probe.catch((error: unknown) => running.reject(error));
  await running.promise;
  try {
    await action();
  } finally {
    stop.abort();
    await probe;
  }
  if (!summary) throw new Error('the probe ended without a summary');
  return { ...summary, breakages };
}

/** What a planned operation may cost. */
export const NOTHING_LOST = { failed: 0, keepAlive: { failed: 0, broken: 0 } };

/** Compares with NOTHING_LOST, and shows the reasons when it differs. */
export function losses(summary: ProbeSummary) {
  const { failed, failuresByReason, keepAlive } = summary;
  return {
    failed,
    ...(failed > 0 && { failuresByReason }),
    keepAlive: {
      failed: keepAlive.failed,
      broken: keepAlive.broken,
      ...(keepAlive.failed > 0 && { failuresByReason: keepAlive.failuresByReason }),
    },
  };
}
