import type { Tier } from '../cluster/cluster.js';
import type { NodeObservation } from '../lab/lab.js';
import type { NodeEvent } from '../lab/node-event.js';
import type { Lane } from './drill-report.js';

/**
 * The VRRP states of a tier's nodes from the beginning of a run to its end.
 * @param events in the order of time, in ms of the run; those before it may be among them
 * @param before the steady state
 */
export function vrrpLanes(events: NodeEvent[], tier: Tier, before: NodeObservation[], endMs: number): Lane[] {
  return tier.nodes.map(({ name }) => {
    const transitions = events.flatMap((event) =>
      event.event === 'vrrp' && event.node === name && event.atMs < endMs ? [event] : [],
    );
    const last = transitions.findLast(({ atMs }) => atMs < 0);
    const observed = before.find(({ node }) => node === name)?.vrrpState ?? 'unknown';
    const states = [
      { fromMs: 0, state: last?.state ?? observed },
      ...transitions.filter(({ atMs }) => atMs >= 0).map(({ atMs, state }) => ({ fromMs: atMs, state })),
    ];
    return { name: `${name} VRRP`, kind: 'vrrp', states };
  });
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
 * How the HAProxies of a tier saw its servers in a run: one lane for each that changed.
 * @param events in the order of time, in ms of the run; those before it may be among them
 */
export function serverLanes(events: NodeEvent[], tier: Tier, endMs: number): Lane[] {
  return tier.nodes.flatMap(({ name }) =>
    tier.nodes.flatMap((server): Lane[] => {
      const own = events.flatMap((event) =>
        event.event === 'server' && event.node === name && event.server === server.name && event.atMs < endMs
          ? [event]
          : [],
      );
      const known = own.findLast(({ atMs }) => atMs < 0)?.state;
      const first = own.find(({ atMs }) => atMs >= 0)?.state;
      if (first === undefined) return [];
      // A server that becomes something was the other before.
      const states = [{ fromMs: 0, state: known ?? (first === 'UP' ? 'DOWN' : 'UP') }];
      // The end of its slow start is told like its return.
      for (const { atMs, state } of own)
        if (atMs >= 0 && state !== states.at(-1)!.state) states.push({ fromMs: atMs, state });
      if (states.length === 1) return [];
      return [{ name: `${name} sees ${server.name}`, kind: 'server', states }];
    }),
  );
}
