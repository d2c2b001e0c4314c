import { type Cluster, virtualUrl } from '../../src/cluster/cluster.js';
import type { TierName } from '../../src/cluster/cluster-file.js';
import type { ProbeBreakage, ProbeEvent, ProbeSummary } from '../../src/probe/probe-event.js';
import { probeAt } from '../../src/drill/probe-process.js';
import type { ClientCommand } from '../../src/lab/client-command.js';
import { clientInLan } from '../../src/lab/compose/client-in-lan.js';

/** Light, with a patient client: a lost packet of a handshake shows all the same, since its repetition comes after 1 s. */
const PATIENT = [
  ...['--rate', '50', '--timeout', '900ms'],
  ...['--keep-alive', '10', '--keep-alive-interval', '200ms', '--keep-alive-timeout', '2s'],
];

interface ProbeOptions {
  client?: ClientCommand;
  tier?: TierName;
  /** Flags of the probe. */
  load?: string[];
}

/** Does something while a probe asks a tier. What is counted is what is lost, not how fast the machine is. */
export async function whileProbed(
  cluster: Cluster,
  action: () => Promise<void>,
  { client = clientInLan, tier = 'frontend', load = PATIENT }: ProbeOptions = {},
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
  const url = virtualUrl(cluster, tier);
  const probe = probeAt(client)(cluster, ['--url', url, '--duration', '5m', ...load], onEvent, stop.signal);
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
