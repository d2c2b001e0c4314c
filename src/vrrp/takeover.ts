import { Election } from './election.js';
import type { Router } from './router.js';

export type Effect = (election: Election) => void;

/** What something does to a virtual router. Routers are named by their ids. */
export interface Takeover {
  mastersBefore: string[];
  mastersAfter: string[];
  /** When each of the masters in the end became it, after the effect, in milliseconds: luck and bad luck with the adverts. */
  withinMs: Map<string, [number, number]>;
  /** More adverts than are simulated: the rest says nothing. */
  isGivenUp: boolean;
}

/** An election in which nothing changes any more. */
export function steadyElection(routers: Router[]): Election {
  const election = new Election(routers);
  settle(election, routers);
  return election;
}

/**
 * Lets something happen just after an advert of the virtual router, and just before one.
 * @param steady stays as it is
 * @param prepare what has happened long before
 */
export function takeover(
  steady: Election,
  routers: Router[],
  virtualRouter: string,
  effect: Effect,
  prepare?: Effect,
): Takeover {
  const result: Takeover = { mastersBefore: [], mastersAfter: [], withinMs: new Map(), isGivenUp: false };
  for (const stopsBefore of [true, false]) {
    const election = steady.copy();
    if (prepare) {
      prepare(election);
      settle(election, routers);
    }
    result.mastersBefore = election.mastersOf(virtualRouter);
    const [master] = result.mastersBefore;
    if (master !== undefined) election.advanceTo(election.nextAdvertAtMs(master), { stopsBefore });
    const startedAtMs = election.nowMs;
    effect(election);
    settle(election, routers);
    result.isGivenUp ||= election.isGivenUp;
    result.mastersAfter = election.mastersOf(virtualRouter);
    for (const id of result.mastersAfter) {
      const sinceMs = election.changes.filter((change) => change.id === id && change.isMaster).at(-1)!.atMs;
      const ms = Math.max(0, sinceMs - startedAtMs);
      const [from, to] = result.withinMs.get(id) ?? [ms, ms];
      result.withinMs.set(id, [Math.min(from, ms), Math.max(to, ms)]);
    }
  }
  return result;
}

/** Longer than any election takes: two master down intervals, and the delay of a preemption. */
export function settle(election: Election, routers: Router[]): void {
  const longest = (values: number[]) => Math.max(...values, 0);
  const downMs = longest(
    routers.map(
      ({ downTimerAdverts, advertisementIntervalMs }) => (downTimerAdverts + 2) * advertisementIntervalMs + 1000,
    ),
  );
  election.advanceTo(election.nowMs + 2 * downMs + longest(routers.map(({ preemptDelayMs }) => preemptDelayMs)));
}
