import { Writable } from 'node:stream';
import type { Cluster, Tier } from '../cluster/cluster.js';
import { timeOf } from '../common/time.js';
import type { AdvertCounter, AdvertCounts, LogSource, NodeObservation } from './lab.js';

/** Adverts are counted for so many of their intervals, but at least for half a second. */
const INTERVALS = 5;
const LEAST_WINDOW_MS = 500;
/** Of keepalived's log: what it could not send is in it, as often as it tries. */
const LOG_LINES = 20;
const LATELY_MS = 10_000;

/**
 * Why a virtual IP has several holders: who of them hears adverts, and what the others' sending runs into. A holder that
 * heard one of a higher priority would give the address away (RFC 5798, section 6.4.3).
 * @returns one line for each holder that there is beside another; none without
 */
export async function splitBrainLines(
  cluster: Cluster,
  lab: AdvertCounter & LogSource,
  observations: NodeObservation[],
): Promise<string[]> {
  const lines = cluster.tiers.map(async ({ virtualRouter }: Tier) => {
    const holders = observations.filter(({ vipsHeld }) => vipsHeld.includes(virtualRouter.virtualIp));
    if (holders.length < 2) return [];
    return Promise.all(holders.map(({ node, services }) => holderLine(cluster, lab, node, services.keepalived)));
  });
  return (await Promise.all(lines)).flat();
}

async function holderLine(
  cluster: Cluster,
  lab: AdvertCounter & LogSource,
  node: string,
  keepalived: NodeObservation['services']['keepalived'],
): Promise<string> {
  // One that is killed leaves the address behind, one that hangs keeps it.
  if (keepalived !== 'up') return `${node}: holds it without a keepalived that works`;
  const windowMs = Math.max(LEAST_WINDOW_MS, INTERVALS * cluster.profile.vrrp.advertisementIntervalMs);
  const [counts, error] = await Promise.all([lab.countAdverts(node, windowMs), lastSendError(lab, node)]);
  return `${node}: ${inWords(counts, windowMs)}${error}`;
}

function inWords({ sent, received }: AdvertCounts, windowMs: number): string {
  const heard = received === 0 ? 'hears no adverts' : `hears adverts (${received} in ${windowMs} ms)`;
  return `${heard}, ${sent === 0 ? 'sends none' : `sends its own (${sent})`}`;
}

/** keepalived logs why the system did not take an advert, and at once the next one. */
async function lastSendError(lab: LogSource, node: string): Promise<string> {
  let text = '';
  const output = new Writable({
    write(piece: Buffer, _encoding, done) {
      text += piece.toString();
      done();
    },
  });
  const { signal } = new AbortController();
  await lab.writeLogs(node, 'keepalived', output, { follow: false, tail: LOG_LINES, timestamps: true, signal });
  const [, time = '', error = ''] = [...text.matchAll(/^(\S+) .*\b(send advert error .*)$/gm)].at(-1) ?? [];
  const atMs = Date.parse(time);
  return Date.now() - atMs < LATELY_MS ? `: ${error.trim()}, ${timeOf(atMs)}` : '';
}
