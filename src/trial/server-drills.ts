import type { WhatIfRow } from '../check/what-if/what-if.js';
import type { FaultTag } from '../drill/drill-report.js';
import { type TrialDrill, type UnpredictedFault, withRow } from './trial-drills.js';
import type { Trial } from './trials.js';
import type { TriedServer } from './world.js';

/** How a server fails: connections to it are reset, or nobody answers what comes in over them. */
export type ServerFailure = 'dies' | 'hangs';

export interface ServerControl {
  /** @throws Error when the stand-ins cannot be reached */
  breakServers(servers: TriedServer[], failure: ServerFailure): Promise<void>;
  /** Also of servers that were not broken. */
  mendServers(servers: TriedServer[]): Promise<void>;
}

interface ServerFault {
  name: string;
  tag: FaultTag;
  description: string;
  failure: ServerFailure;
  ofAll: boolean;
}

const FAULTS: readonly ServerFault[] = [
  ...[false, true].flatMap((ofAll): ServerFault[] => [
    {
      ...{ name: ofAll ? 'kill-all-servers' : 'kill-server', tag: 'crash', failure: 'dies', ofAll },
      description: `kill ${ofAll ? 'all servers' : 'a server'} behind HAProxy: connections are reset`,
    },
    {
      ...{ name: ofAll ? 'hang-all-servers' : 'hang-server', tag: 'hang', failure: 'hangs', ofAll },
      description: `freeze ${ofAll ? 'all servers' : 'a server'} behind HAProxy: the kernel goes on accepting connections`,
    },
  ]),
];

export const SERVER_FAULT_NAMES = FAULTS.map(({ name }) => name);

/**
 * The drills of the servers that clients of a virtual router are led to.
 * @param servers none for a proxy that has no stand-ins
 * @param whatIf all rows of `check`
 * @param names of faults; all without any
 */
export function serverDrills(
  { target, masters, rows }: Trial,
  servers: TriedServer[],
  whatIf: WhatIfRow[],
  control: ServerControl,
  { runs, names }: { runs: number; names: string[] },
): TrialDrill[] {
  const [first] = servers.filter(({ node }) => node === undefined || node === target.node.name);
  if (!first) return [];
  const one = servers.filter(({ name, node }) => name === first.name && node === first.node);
  return FAULTS.filter(({ name }) => names.length === 0 || names.includes(name)).map((fault) => {
    const broken = fault.ofAll ? servers : one;
    const row = { ...rowOf(fault, broken, whatIf, rows), mastersBefore: masters };
    return withRow(faultOn(fault, broken, control), target, row, rows, runs);
  });
}

function faultOn(
  { name, tag, description, failure }: ServerFault,
  servers: TriedServer[],
  control: ServerControl,
): UnpredictedFault {
  return {
    ...{ name, tag, description, scope: 'tier', leaves: ['router'] },
    inject: () => control.breakServers(servers, failure),
    heal: () => control.mendServers(servers),
  };
}

/**
 * What `check` says of it. Of one server that dies the outage is at the most until it is taken out: what was sent to it meanwhile may be
 * sent again, to another one.
 */
function rowOf(
  { failure, ofAll }: ServerFault,
  broken: TriedServer[],
  whatIf: WhatIfRow[],
  rows: WhatIfRow[],
): WhatIfRow {
  const backends = [...new Set(broken.map(({ name }) => name.split('/')[0]!))];
  const on = ofAll ? backends.join(', ') : broken[0]!.name;
  const ofAllServers = rows.find((row) => row.failure === 'all-servers-die')!;
  const row = { ...(ofAll ? ofAllServers : whatIf.find((one) => one.failure === 'server-dies' && one.on === on)!), on };
  const unknown = (because: string): WhatIfRow => ({ ...row, outcome: 'unknown', withinMs: null, because });
  if (failure === 'hangs') return unknown('check does not tell what servers that hang cost');
  // Nothing takes it out.
  if (!ofAll && row.withinMs === null) return unknown(row.because);
  if (ofAll && ofAllServers.on.split(', ').toSorted().join() !== backends.toSorted().join())
    return unknown('check tells it of the servers of all backends together');
  return row;
}
