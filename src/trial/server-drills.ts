import type { WhatIfRow } from '../check/what-if/what-if.js';
import type { FaultTag } from '../drill/drill-report.js';
import type { Fault } from '../drill/fault.js';
import { type TrialDrill, withRow } from './trial-drills.js';
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
  { cluster, target, masters, rows }: Trial,
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
    const row = rowOf(fault, first, whatIf, rows, masters);
    return withRow(faultOn(fault, broken, control), { cluster, tier: target.tier, node: target.node }, row, rows, runs);
  });
}

function faultOn(
  { name, tag, description, failure }: ServerFault,
  servers: TriedServer[],
  control: ServerControl,
): Fault {
  return {
    ...{ name, tag, description, scope: 'tier', leaves: ['router'], classicClaim: '-' },
    predict: () => ({ fromMs: 0, untilMs: null, because: '' }),
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
  { name }: TriedServer,
  whatIf: WhatIfRow[],
  rows: WhatIfRow[],
  masters: string[],
): WhatIfRow {
  const ofRouter = rows.find((row) => row.failure === 'all-servers-die')!;
  const own = ofAll ? ofRouter : (whatIf.find((row) => row.failure === 'server-dies' && row.on === name) ?? ofRouter);
  const row = { ...own, on: ofAll ? own.on : name, mastersBefore: masters };
  if (failure === 'hangs')
    return { ...row, outcome: 'unknown', withinMs: null, because: 'check does not tell what servers that hang cost' };
  // Nothing takes it out.
  if (!ofAll && row.withinMs === null) return { ...row, outcome: 'unknown' };
  return row;
}
