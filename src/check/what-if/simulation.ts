import type { VrrpCheck } from '../../configuration/keepalived/checks.js';
import type { Election } from '../../vrrp/election.js';
import { type Effect, settle, steadyElection, takeover } from '../../vrrp/takeover.js';
import type { CheckedNode } from '../checked-cluster.js';
import { tracksOf } from '../tracks.js';
import { listensOnVirtualIp } from '../virtual-ip-binds.js';
import type { MemberRouter } from './routers.js';

/** Routers that a failure concerns together, and an election of theirs in which nothing changes any more. */
export interface Group {
  routers: MemberRouter[];
  steady: Election;
}

export interface Simulated {
  /** Names of the nodes that are master before and in the end. */
  before: string[];
  after: string[];
  /** When the nodes that are master in the end became it, after the effect. */
  withinMs: Map<string, [number, number]>;
  isGivenUp: boolean;
}

/** All routers as they are once nothing changes any more. An HAProxy that binds a virtual IP runs on its master alone. */
export function groupOf(routers: MemberRouter[]): Group {
  const all = routers.map(({ router }) => router);
  const steady = steadyElection(all);
  for (const { node, instance, router } of routers) {
    if (steady.mastersOf(router.virtualRouter).includes(router.id) || !listensOnVirtualIp(node, instance)) continue;
    const seeing = tracksOf(node, instance).filter(({ sight }) => sight.haproxyDies);
    failChecks(steady, [{ node, instance, router }], new Set(seeing.map(({ check }) => check)));
  }
  settle(steady, all);
  return { routers, steady };
}

/** Checks of a node are not good any more: what that does to each of its routers that tracks them. */
export function failChecks(election: Election, routers: MemberRouter[], failed: ReadonlySet<VrrpCheck>): void {
  for (const { node, instance, router } of routers)
    for (const { check, weight } of tracksOf(node, instance))
      if (failed.has(check)) failCheck(election, router.id, check.name, weight);
}

function failCheck(election: Election, id: string, name: string, weight: number): void {
  if (weight === 0) election.fault(id, name);
  else election.changePriority(id, -Math.abs(weight));
}

/** The routers of a node: a failure of it is one of all of them. */
export function routersOn(node: CheckedNode, routers: MemberRouter[]): MemberRouter[] {
  return routers.filter((other) => other.node === node);
}

/** See `takeover`. */
export function simulate(
  { routers, steady }: Group,
  virtualRouter: string,
  effect: Effect,
  prepare?: Effect,
): Simulated {
  const nodeOf = (id: string) => routers.find(({ router }) => router.id === id)!.node.name;
  const all = routers.map(({ router }) => router);
  const { mastersBefore, mastersAfter, withinMs, isGivenUp } = takeover(steady, all, virtualRouter, effect, prepare);
  return {
    before: mastersBefore.map(nodeOf),
    after: mastersAfter.map(nodeOf),
    withinMs: new Map([...withinMs].map(([id, ms]) => [nodeOf(id), ms])),
    isGivenUp,
  };
}
