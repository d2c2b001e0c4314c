import { serverDetectionMs } from '../../configuration/haproxy/servers.js';
import { type CheckedCluster, haproxyFiles, type VirtualRouter } from '../checked-cluster.js';
import { tracksOf } from '../tracks.js';
import { failChecks, type Group, simulate } from './simulation.js';
import type { WhatIfRow } from './what-if.js';

/** A row for each server: how long it goes on getting requests. */
export function serverRows(cluster: CheckedCluster): WhatIfRow[] {
  const rows = new Map<string, WhatIfRow>();
  for (const { model } of haproxyFiles(cluster)) {
    for (const { name: backend, servers } of model.proxies) {
      for (const server of servers) {
        const { intervalMs, fall, isChecked, tracks } = server;
        const fastMs = server.fastIntervalMs ?? intervalMs;
        rows.set(`${backend}/${server.name}`, {
          failure: 'server-dies',
          on: `${backend}/${server.name}`,
          virtualRouter: null,
          outcome: 'unchanged',
          mastersBefore: [],
          newMaster: null,
          withinMs: isChecked ? serverDetectionMs(server) : null,
          because: isChecked
            ? `taken out after ${fall} failed checks, the first within ${intervalMs} ms, the others every ${fastMs} ms`
            : tracks !== undefined
              ? `taken out when ${tracks} is`
              : 'no check: it is never taken out, and goes on getting its share',
        });
      }
    }
  }
  return [...rows.values()];
}

/** What becomes of a virtual router when no server is left. */
export function allServersRow({ key, label }: VirtualRouter, group: Group): WhatIfRow | undefined {
  const members = group.routers.filter(({ router }) => router.virtualRouter === key);
  const backends = new Set(
    members
      .flatMap(({ node }) => node.haproxy?.model.proxies.filter(({ servers }) => servers.length > 0) ?? [])
      .map(({ name }) => name),
  );
  if (backends.size === 0) return undefined;
  const tracks = members.flatMap(({ node, instance }) => tracksOf(node, instance));
  const failing = tracks.filter(({ sight }) => sight.allServersDie);
  const simulated = simulate(group, key, (election) => {
    failChecks(election, group.routers, new Set(failing.map(({ check }) => check)));
  });
  const row = {
    failure: 'all-servers-die' as const,
    on: [...backends].join(', '),
    virtualRouter: label,
    mastersBefore: simulated.before,
  };
  const unknown = tracks.find(({ sight, check }) => sight.allServersDie === undefined && check.kind !== 'file');
  if (failing.length === 0 && unknown) {
    const because = `what ${unknown.check.name} finds out is not known`;
    return { ...row, outcome: 'unknown', newMaster: null, withinMs: null, because };
  }
  const [master] = simulated.after;
  if (master === undefined)
    return {
      ...row,
      outcome: 'nobody',
      newMaster: null,
      withinMs: null,
      because: 'the checks of all nodes fail: all are in FAULT, clients get no answer at all',
    };
  if (simulated.before.includes(master))
    return {
      ...row,
      outcome: 'unchanged',
      newMaster: master,
      withinMs: null,
      because: 'no check depends on the servers: HAProxy answers 503',
    };
  return {
    ...row,
    outcome: 'moves',
    newMaster: master,
    withinMs: simulated.withinMs.get(master)!,
    because: 'not all nodes check the same: the virtual IP moves, and helps nobody',
  };
}
