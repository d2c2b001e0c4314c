import { duration, predicted } from '../../report/words.js';
import type { NodeSeen, PhaseBegun } from '../../session/session-event.js';
import type { PageEvent } from '../page-event.js';
import type { Saying } from './event-log.js';
import type { PageState } from './state.js';

const MARKS = { pass: '✔', fail: '✘', unknown: '?' } as const;

/** What happens so long after a fault is no consequence of it any more. */
const CONSEQUENCES_MS = 30_000;

/** @param state has taken the event already @returns lines of the log */
export function words(event: PageEvent, state: PageState): (Saying & { atMs?: number })[] {
  switch (event.event) {
    case 'vrrp':
      return [{ kind: 'move', text: `${event.node} became ${event.state}${sinceFault(event.atMs, state)}` }];
    case 'server':
      return [
        {
          kind: 'state',
          text: `HAProxy of ${event.node} takes ${event.server} for ${event.state}${sinceFault(event.atMs, state)}`,
        },
      ];
    case 'outages':
      return event.windows
        .filter(({ open }) => !open)
        .map(({ fromMs, durationMs, failed }) => ({
          ...{ kind: 'outage', atMs: fromMs },
          text: `outage of ${duration(durationMs)}, ${requests(failed)} failed${sinceFault(fromMs, state)}`,
        }));
    case 'phase':
      return phaseWords(event);
    case 'mended':
      return [
        {
          kind: 'fault',
          text: event.isHealed ? `${titleOf(event)} is mended${measured(state)}` : `${titleOf(event)} is not mended`,
        },
        ...event.remarks.map((text): Saying => ({ kind: 'fault', text })),
      ];
    case 'drill-done': {
      const verdict = event.verdict === null ? 'left out' : `${MARKS[event.verdict]} ${event.verdict}`;
      return [
        { kind: 'fault', text: `${verdict}: ${event.fault} on ${event.place}: ${event.figures}` },
        ...event.remarks.map((text): Saying => ({ kind: 'fault', text })),
      ];
    }
    case 'campaign-ended':
      return event.because === undefined ? [] : [{ kind: 'fault', text: event.because }];
    case 'lost':
      return [{ kind: 'state', text: `the lab cannot be watched: ${event.because}` }];
    case 'standing':
      return event.owner === 'this'
        ? []
        : event.faults.map(({ fault, node }) => ({
            kind: 'fault',
            text: `${fault} on ${node} stands, caused elsewhere${event.owner === 'nobody' ? ' and left' : ''}`,
          }));
    default:
      return [];
  }
}

function phaseWords(event: PhaseBegun): Saying[] {
  const run = event.runs > 1 ? ` (run ${event.run} of ${event.runs})` : '';
  if (event.phase === 'fault')
    return [{ kind: 'fault', text: `${titleOf(event)}${run}; predicted outage: ${prediction(event)}` }];
  if (event.phase === 'heal') return [{ kind: 'fault', text: `heal of ${titleOf(event)}` }];
  return [];
}

/** Such as `kill-haproxy on frontend-01`, or `rolling-restart on the backend tier`. */
export function titleOf({ fault, node, tier }: Pick<PhaseBegun, 'fault' | 'node' | 'tier'>): string {
  return `${fault} on ${node ?? `the ${tier} tier`}`;
}

/** `-` where nothing is predicted. */
export function prediction({ prediction: known }: Pick<PhaseBegun, 'prediction'>): string {
  return known ? predicted(known) : '-';
}

function measured(state: PageState): string {
  const fault = state.faults.at(-1);
  if (!fault) return '';
  const outage = state.outageOf(fault);
  const figures = outage ? `outage of ${duration(outage.durationMs)}, ${requests(outage.failed)} failed` : 'no outage';
  return `; predicted: ${prediction(fault)}; measured: ${figures}`;
}

/** `, 4.0 ms after the fault`, of what follows one. */
function sinceFault(atMs: number, { faults }: PageState): string {
  const last = faults.findLast(({ faultMs }) => faultMs <= atMs);
  if (!last) return '';
  const [fromMs, what] = last.healMs !== null && last.healMs <= atMs ? [last.healMs, 'heal'] : [last.faultMs, 'fault'];
  return atMs - fromMs > CONSEQUENCES_MS ? '' : `, ${duration(atMs - fromMs)} after the ${what}`;
}

/** What two looks at the nodes show beside what they have told themselves. */
export function changesOf(before: Map<string, NodeSeen>, after: NodeSeen[]): Saying[] {
  return after.flatMap((seen) => {
    const old = before.get(seen.node);
    if (!old) return [];
    const texts = [
      ...(seen.power === old.power ? [] : [`${seen.node} is ${seen.power}`]),
      ...(seen.link === old.link || seen.link === 'unknown'
        ? []
        : [`${seen.node}: its cable is ${seen.link === 'up' ? 'plugged in' : 'out'}`]),
      ...Object.entries(seen.services)
        .filter(([name, condition]) => seen.power === 'on' && condition !== old.services[name as 'app'])
        .map(([name, condition]) => `${seen.node}: ${name} is ${condition}`),
    ];
    return texts.map((text): Saying => ({ kind: 'state', text }));
  });
}

/** `1 request`, `7 requests`. */
export function requests(count: number): string {
  return `${count} ${count === 1 ? 'request' : 'requests'}`;
}

/** 12:03:04.120, by the reader's clock. */
export function clockTime(wallClockMs: number): string {
  const date = new Date(wallClockMs);
  return `${date.toTimeString().slice(0, 8)}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}
