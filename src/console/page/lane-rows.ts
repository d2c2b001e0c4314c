import type { LaneState } from './lanes.js';
import { type PageState, SHOWN_MS } from './state.js';
import type { Theme } from './theme.js';

type StateKind = keyof Theme['states'];

export interface LaneRow {
  label: string;
  states: LaneState[];
  kindOf: (state: string) => StateKind;
}

const VRRP: Record<string, StateKind> = { MASTER: 'good', BACKUP: 'standby', FAULT: 'bad' };
const SERVER: Record<string, StateKind> = { UP: 'standby', DOWN: 'bad' };

/** The VRRP state of each node, and of servers those that have changed in the time that is shown. */
export function laneRows({ cluster, lanes, nowMs }: PageState): LaneRow[] {
  const nodes = cluster?.tiers.flatMap((tier) => tier.nodes.map(({ name }) => name)) ?? [];
  const changed = lanes.changedSince(nowMs - SHOWN_MS).filter((name) => name.includes(' sees '));
  return [
    ...nodes.map((name) => ({
      label: name,
      states: lanes.of(name),
      kindOf: (state: string) => VRRP[state] ?? 'other',
    })),
    ...changed.sort().map((name) => ({
      label: shortened(name),
      states: lanes.of(name),
      kindOf: (state: string) => SERVER[state] ?? 'other',
    })),
  ];
}

/** `frontend-01 sees frontend-02` -> `frontend-01 sees 02`, where that is enough. */
function shortened(name: string): string {
  const [observer = '', server = ''] = name.split(' sees ');
  const common = observer.slice(0, observer.lastIndexOf('-') + 1);
  return common !== '' && server.startsWith(common) ? `${observer} sees ${server.slice(common.length)}` : name;
}
