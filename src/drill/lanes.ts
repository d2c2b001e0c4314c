import { Writable } from 'node:stream';
import type { Tier } from '../cluster/cluster.js';
import type { LogSource, NodeObservation, VrrpState } from '../lab/lab.js';
import type { Lane } from './drill-report.js';

/** Enough for the transitions of a drill, among what else keepalived says; and for HAProxy, where each request counts. */
const TAIL_LINES = { keepalived: 400, haproxy: 20_000 };

interface Transition {
  atMs: number;
  state: VrrpState;
}

/**
 * The VRRP states of a tier's nodes between two moments, as their logs tell.
 * @param before the steady state: the transition to it may be too long ago for the end of a log
 * @param toRunMs from the clock of the logs, ms since 1970, to ms of the run
 */
export async function vrrpLanes(
  logs: LogSource,
  tier: Tier,
  before: NodeObservation[],
  toRunMs: (wallClockMs: number) => number,
  endMs: number,
): Promise<Lane[]> {
  return Promise.all(
    tier.nodes.map(async ({ name }) => {
      const transitions = transitionsIn(await linesOf(logs, name, 'keepalived'), toRunMs).filter(
        ({ atMs }) => atMs < endMs,
      );
      const last = transitions.findLast(({ atMs }) => atMs < 0);
      const observed = before.find(({ node }) => node === name)?.vrrpState ?? 'unknown';
      const states = [
        { fromMs: 0, state: last?.state ?? observed },
        ...transitions.filter(({ atMs }) => atMs >= 0).map(({ atMs, state }) => ({ fromMs: atMs, state })),
      ];
      return { name: `${name} VRRP`, kind: 'vrrp' as const, states };
    }),
  );
}

/** When a node became master between two moments, on the clock of its log: ms since 1970. */
export async function becameMasterAtMs(
  logs: LogSource,
  node: string,
  { fromMs, untilMs }: { fromMs: number; untilMs: number },
): Promise<number[]> {
  return transitionsIn(await linesOf(logs, node, 'keepalived'), (ms) => ms)
    .filter(({ atMs, state }) => state === 'MASTER' && atMs >= fromMs && atMs <= untilMs)
    .map(({ atMs }) => atMs);
}

/** @returns ms in which more than one lane says MASTER, from `fromMs` to `endMs` */
export function dualMasterMs(lanes: Lane[], fromMs: number, endMs: number): number {
  const moments = [...new Set([fromMs, endMs, ...lanes.flatMap(({ states }) => states.map((state) => state.fromMs))])]
    .filter((ms) => ms >= fromMs && ms <= endMs)
    .sort((one, other) => one - other);
  let sum = 0;
  moments.slice(0, -1).forEach((ms, index) => {
    const masters = lanes.filter(({ states }) => states.findLast((state) => state.fromMs <= ms)?.state === 'MASTER');
    if (masters.length > 1) sum += moments[index + 1]! - ms;
  });
  return sum;
}

/**
 * How the HAProxies of a tier saw its servers between two moments, as their logs tell: one lane for each that changed.
 * @param toRunMs from the clock of the logs, ms since 1970, to ms of the run
 */
export async function serverLanes(
  logs: LogSource,
  tier: Tier,
  toRunMs: (wallClockMs: number) => number,
  endMs: number,
): Promise<Lane[]> {
  const lanes = tier.nodes.map(async ({ name }) => {
    const changes = (await linesOf(logs, name, 'haproxy')).flatMap((line) => {
      const [, time, server, state] = SERVER_CHANGE.exec(line) ?? [];
      if (time === undefined || server === undefined || state === undefined) return [];
      return [{ server, state, fromMs: toRunMs(Date.parse(time)) }];
    });
    return tier.nodes.flatMap((server): Lane[] => {
      const own = changes.filter((change) => change.server === server.name && change.fromMs < endMs);
      const known = own.findLast(({ fromMs }) => fromMs < 0)?.state;
      const first = own.find(({ fromMs }) => fromMs >= 0)?.state;
      if (first === undefined) return [];
      // A server that becomes something was the other before.
      const states = [{ fromMs: 0, state: known ?? (first === 'UP' ? 'DOWN' : 'UP') }];
      // The end of its slow start is told like its return.
      for (const { fromMs, state } of own)
        if (fromMs >= 0 && state !== states.at(-1)!.state) states.push({ fromMs, state });
      if (states.length === 1) return [];
      return [{ name: `${name} sees ${server.name}`, kind: 'server', states }];
    });
  });
  return (await Promise.all(lanes)).flat();
}

/** HAProxy's notice of a server's health, behind the time. */
const SERVER_CHANGE = /^(\S+) Server [^/\s]+\/(\S+) is (UP|DOWN)\b/;

async function linesOf(logs: LogSource, node: string, service: 'keepalived' | 'haproxy'): Promise<string[]> {
  const chunks: Buffer[] = [];
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  const signal = new AbortController().signal;
  const timestamps = service === 'haproxy';
  await logs.writeLogs(node, service, output, {
    follow: false,
    tail: TAIL_LINES[service],
    timestamps,
    requests: false,
    signal,
  });
  return Buffer.concat(chunks).toString().split('\n');
}

/** Lines of docker/keepalived/entrypoint; keepalived's own ones are others. */
function transitionsIn(lines: string[], toRunMs: (wallClockMs: number) => number): Transition[] {
  return lines.flatMap((line) => {
    if (!line.startsWith('{') || !line.includes('"virtualRouter"')) return [];
    const { time, state } = JSON.parse(line) as { time: string; state: VrrpState };
    return [{ atMs: toRunMs(Date.parse(time)), state }];
  });
}
