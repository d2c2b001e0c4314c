import type { Election } from '../../vrrp/election.js';
import type { Effect } from '../../vrrp/takeover.js';
import type { VirtualRouter } from '../checked-cluster.js';
import { detectionMs, type TrackedCheck, tracksOf } from '../tracks.js';
import { takeoverText, whyNobody } from './because.js';
import type { MemberRouter } from './routers.js';
import { failChecks, type Group, routersOn, simulate, type Simulated } from './simulation.js';
import type { WhatIfRow } from './what-if.js';

/** Single failures of a node, in the order of the table. */
export const NODE_FAILURES = [
  'haproxy-dies',
  'haproxy-hangs',
  'keepalived-stops',
  'keepalived-dies',
  'host-dies',
  'link-down',
  'host-comes-back',
] as const;
export type NodeFailure = (typeof NODE_FAILURES)[number];

/** @param routers of the virtual router, and of all that change with it */
export function nodeFailureRow(
  { key, label }: VirtualRouter,
  group: Group,
  member: MemberRouter,
  failure: NodeFailure,
): WhatIfRow {
  const { routers } = group;
  const own = routersOn(member.node, routers);
  const forAll = (act: (election: Election, id: string) => void): Effect => {
    return (election) => own.forEach(({ router }) => act(election, router.id));
  };
  const row = (simulated: Simulated, outcome: Outcome): WhatIfRow => ({
    failure,
    on: member.node.name,
    virtualRouter: label,
    mastersBefore: simulated.before,
    ...(simulated.isGivenUp ? GIVEN_UP : outcome),
  });
  switch (failure) {
    case 'haproxy-dies':
    case 'haproxy-hangs':
      return haproxyRow(failure, key, group, member, row);
    case 'keepalived-stops': {
      const simulated = simulate(
        group,
        key,
        forAll((election, id) => election.stop(id)),
      );
      return row(simulated, outcomeOf(simulated, member, routers, [0, 0], 'priority 0'));
    }
    case 'keepalived-dies':
    case 'host-dies': {
      const simulated = simulate(
        group,
        key,
        forAll((election, id) => election.silence(id)),
      );
      return row(simulated, outcomeOf(simulated, member, routers, [0, 0]));
    }
    case 'link-down': {
      const simulated = simulate(
        group,
        key,
        forAll((election, id) => election.fault(id, 'link', { saysGoodbye: false })),
      );
      return row(simulated, outcomeOf(simulated, member, routers, [0, 0]));
    }
    case 'host-comes-back': {
      const start = forAll((election, id) => election.start(id));
      const simulated = simulate(
        group,
        key,
        start,
        forAll((election, id) => election.silence(id)),
      );
      return row(simulated, comesBack(simulated, member, routers));
    }
  }
}

const GIVEN_UP: Outcome = {
  outcome: 'unknown',
  newMaster: null,
  withinMs: null,
  because: 'it takes more adverts than are simulated',
};

type Outcome = Pick<WhatIfRow, 'outcome' | 'newMaster' | 'withinMs' | 'because'>;

/** Checks add up: with each that has failed the master may go. */
function haproxyRow(
  failure: 'haproxy-dies' | 'haproxy-hangs',
  key: string,
  group: Group,
  member: MemberRouter,
  row: (simulated: Simulated, outcome: Outcome) => WhatIfRow,
): WhatIfRow {
  const sees = ({ sight }: TrackedCheck) => (failure === 'haproxy-dies' ? sight.haproxyDies : sight.haproxyHangs);
  const { routers } = group;
  const own = routersOn(member.node, routers);
  const tracks = tracksOf(member.node, member.instance);
  const seeing = tracks
    .filter(sees)
    .toSorted((one, other) => detectionMs(one, failure)[1] - detectionMs(other, failure)[1]);
  const nothing = simulate(group, key, () => undefined);
  if (!nothing.before.includes(member.node.name)) return row(nothing, isBackup(nothing, member));
  let last = nothing;
  for (const [at, track] of seeing.entries()) {
    const failed = new Set(seeing.slice(0, at + 1).map(({ check }) => check));
    last = simulate(group, key, (election) => failChecks(election, own, failed));
    if (newMasterIn(last, member) === undefined) continue;
    const { check, weight, sight } = track;
    const checks =
      check.kind === 'script'
        ? `${check.fall} failed check${check.fall > 1 ? 's' : ''} of ${check.intervalMs} ms`
        : check.name;
    const assumed = sight.isAssumed ? ` (taken for granted: ${check.name} notices it)` : '';
    const how =
      weight === 0 ? `${checks}${assumed}, priority 0` : `${checks}${assumed}, a priority ${Math.abs(weight)} lower`;
    return row(last, outcomeOf(last, member, routers, detectionMs(track, failure), how));
  }
  const unknown = tracks.find((track) => sees(track) === undefined);
  const isPartlyRead = member.node.keepalived!.tree.notUnderstood.length > 0;
  if (unknown || isPartlyRead) {
    const because = unknown
      ? `what ${unknown.check.name} finds out is not known`
      : 'a part of keepalived.conf is not understood';
    return row(nothing, { outcome: 'unknown', newMaster: null, withinMs: null, because });
  }
  return row(last, {
    outcome: 'nobody-moves',
    newMaster: null,
    withinMs: null,
    because: whyNobody(member, routers, seeing),
  });
}

function outcomeOf(
  simulated: Simulated,
  member: MemberRouter,
  routers: MemberRouter[],
  [detectedFromMs, detectedToMs]: [number, number],
  how?: string,
): Outcome {
  if (!simulated.before.includes(member.node.name)) return isBackup(simulated, member);
  const newMaster = newMasterIn(simulated, member);
  if (newMaster === undefined)
    return { outcome: 'nobody-moves', newMaster: null, withinMs: null, because: whyNobody(member, routers, []) };
  if (simulated.before.includes(newMaster))
    return {
      outcome: 'moves',
      newMaster,
      withinMs: [0, 0],
      because: `${newMaster} is master already: two holders from the start`,
    };
  const [fromMs, toMs] = simulated.withinMs.get(newMaster)!;
  const because = takeoverText(routers, member, newMaster, how);
  return { outcome: 'moves', newMaster, withinMs: [detectedFromMs + fromMs, detectedToMs + toMs], because };
}

function newMasterIn({ after }: Simulated, { node }: MemberRouter): string | undefined {
  return after.find((name) => name !== node.name);
}

function isBackup({ before }: Simulated, { node }: MemberRouter): Outcome {
  return { outcome: 'unchanged', newMaster: before[0] ?? null, withinMs: null, because: `${node.name} is backup` };
}

function comesBack(simulated: Simulated, member: MemberRouter, routers: MemberRouter[]): Outcome {
  const { node, instance } = member;
  if (!simulated.after.includes(node.name)) {
    const because = instance.nopreempt ? `nopreempt: ${simulated.after[0]} keeps it` : `its priority is not higher`;
    return { outcome: 'unchanged', newMaster: simulated.after[0] ?? null, withinMs: null, because };
  }
  const because = takeoverText(
    routers,
    member,
    node.name,
    routers.length > 1 ? 'adverts of a lower priority do not count' : 'there is no other',
  );
  return { outcome: 'moves', newMaster: node.name, withinMs: simulated.withinMs.get(node.name)!, because };
}
