import type { Router } from './router.js';

type State = 'BACKUP' | 'MASTER' | 'FAULT' | 'OFF';

/** A router in an election. */
export interface Member {
  router: Router;
  state: State;
  /** With what checks add to it; 1 to 254, or 255. */
  priority: number;
  /** Of the master, with version 3. */
  masterIntervalMs: number;
  /** When a master sends, or a backup takes over. */
  timerAtMs: number;
  /** From when on adverts of a lower priority are discarded. */
  preemptsFromMs: number | undefined;
  /** A sync group waits until all of its members want it. */
  wantsMaster: boolean;
  faults: Set<string>;
}

/** The priority of who owns the virtual IP (RFC 5798, section 5.2.4). Nothing changes it. */
export const OWNER = 255;

/** What a router's adverts say: 1 to 254, or OWNER. */
export function effective({ router, priority }: Pick<Member, 'router' | 'priority'>): number {
  return router.priority === OWNER ? OWNER : Math.min(OWNER - 1, Math.max(1, priority));
}
