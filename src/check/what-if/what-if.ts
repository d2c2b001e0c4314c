import { type CheckedCluster, virtualRoutersOf } from '../checked-cluster.js';
import { NODE_FAILURES, type NodeFailure, nodeFailureRow } from './node-failures.js';
import { type MemberRouter, routersOf } from './routers.js';
import { allServersRow, serverRows } from './server-failures.js';
import { groupOf } from './simulation.js';

/** What one failure does to one virtual router. */
export interface WhatIfRow {
  failure: NodeFailure | 'server-dies' | 'all-servers-die';
  /** A node, a server as `backend/server`, or the backends that are meant. */
  on: string;
  /** Name and id; null for a server. */
  virtualRouter: string | null;
  /**
   * `moves`: another node becomes master. `unchanged`: nobody has to. `nobody-moves`: the virtual IP stays where nothing answers, or
   * with nobody, for ever. `nobody`: no node is left that wants it. `unknown`: what a check finds out is not known.
   */
  outcome: 'moves' | 'unchanged' | 'nobody-moves' | 'nobody' | 'unknown';
  /** More than one when routers do not hear each other. */
  mastersBefore: string[];
  /** Who is master in the end. */
  newMaster: string | null;
  /** From the failure on, luck and bad luck with the moment; of a server, until it gets no more requests. null: never, or no matter. */
  withinMs: [number, number] | null;
  /** The arithmetic, in words. */
  because: string;
}

/** A row for each single failure, node and virtual router, and for each server. */
export function whatIf(cluster: CheckedCluster): WhatIfRow[] {
  const all = routersOf(cluster);
  const rows = virtualRoutersOf(cluster).flatMap((virtualRouter) => {
    // So many share an id by mistake, which `router-id-twice` tells.
    if (virtualRouter.members.length > MOST_MEMBERS) return [];
    const group = groupOf(together(virtualRouter.key, all));
    const members = group.routers.filter(({ router }) => router.virtualRouter === virtualRouter.key);
    const ofNodes = NODE_FAILURES.flatMap((failure) =>
      members.map((member) => nodeFailureRow(virtualRouter, group, member, failure)),
    );
    const ofServers = allServersRow(virtualRouter, group);
    return ofServers ? [...ofNodes, ofServers] : ofNodes;
  });
  return [...rows, ...serverRows(cluster)];
}

const MOST_MEMBERS = 32;
/** Members of a sync group do the same: a few stand for all. */
const MOST_TOGETHER = 4;

/** The routers of a virtual router, and with them the first ones of those that a sync group makes one matter. */
function together(key: string, all: MemberRouter[]): MemberRouter[] {
  const own = all.filter(({ router }) => router.virtualRouter === key);
  if (own.every(({ router }) => router.syncGroup === undefined)) return own;
  const others = [...new Set(all.map(({ router }) => router.virtualRouter))].filter((other) => other !== key);
  const shown = new Set([key, ...others.slice(0, MOST_TOGETHER)]);
  return all.filter(({ router }) => shown.has(router.virtualRouter));
}
