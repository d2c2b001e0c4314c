import type { NodeFailure } from '../check/what-if/node-failures.js';
import type { WhatIfRow } from '../check/what-if/what-if.js';
import type { Cluster } from '../cluster/cluster.js';
import { waitUntilNothingIsMissing } from '../common/wait-until.js';
import type { DrillLoad, Prediction } from '../drill/drill-report.js';
import type { Drill } from '../drill/drill-runner.js';
import type { Fault, FaultTarget } from '../drill/fault.js';
import { hangHaproxy } from '../drill/faults/hang-haproxy.js';
import { hangKeepalived } from '../drill/faults/hang-keepalived.js';
import { killHaproxy } from '../drill/faults/kill-haproxy.js';
import { killKeepalived } from '../drill/faults/kill-keepalived.js';
import { partitionNode } from '../drill/faults/partition-node.js';
import { partitionPeers } from '../drill/faults/partition-peers.js';
import { powerOffNode } from '../drill/faults/power-off-node.js';
import { reloadHaproxy } from '../drill/faults/reload-haproxy.js';
import { stopHaproxy } from '../drill/faults/stop-haproxy.js';
import { stopKeepalived } from '../drill/faults/stop-keepalived.js';
import { unplugNode } from '../drill/faults/unplug-node.js';
import { nothing } from '../drill/prediction.js';
import type { Lab, NodeObservation } from '../lab/lab.js';
import { holdersOf } from './pair-problems.js';

/** A drill of a pair, and what `check` says of it. */
export interface TrialDrill extends Drill {
  row: WhatIfRow;
  /** What the project's own cluster is predicted to cost under the same fault; null for servers, which it has none of. */
  inLab: Prediction | null;
  /** Who held the virtual IP before each heal, in the order of the runs. */
  mastersSeen: string[][];
}

/** `check` predicts it. */
export type UnpredictedFault = Omit<Fault, 'predict' | 'classicClaim'>;

/** A fault, the failure of the what-if table that it is or is nearest to, and what is otherwise than there. */
interface TrialFault {
  fault: Fault;
  failure: NodeFailure;
  otherwise?: Pick<WhatIfRow, 'outcome' | 'because'>;
}

/** The faults that make sense on any pair. */
export const TRIAL_FAULTS: readonly TrialFault[] = [
  { fault: killHaproxy, failure: 'haproxy-dies' },
  { fault: stopHaproxy, failure: 'haproxy-dies' },
  {
    ...{ fault: reloadHaproxy, failure: 'haproxy-dies' },
    otherwise: { outcome: 'unchanged', because: 'a new worker takes over the listeners, the old one finishes' },
  },
  { fault: hangHaproxy, failure: 'haproxy-hangs' },
  { fault: stopKeepalived, failure: 'keepalived-stops' },
  { fault: killKeepalived, failure: 'keepalived-dies' },
  {
    ...{ fault: hangKeepalived, failure: 'keepalived-dies' },
    otherwise: {
      outcome: 'unknown',
      because: 'check does not tell what a master costs that is silent and keeps its address',
    },
  },
  { fault: powerOffNode, failure: 'host-dies' },
  { fault: unplugNode, failure: 'link-down' },
  { fault: partitionNode, failure: 'host-dies' },
  {
    ...{ fault: partitionPeers, failure: 'host-dies' },
    otherwise: { outcome: 'unknown', because: 'check does not tell what two masters cost' },
  },
];

/** Without preemption the virtual IP is given back, by whole seconds of the field's timers. */
const BACK_WITHIN_MS = 60_000;
/** What machines may need beside the timers until clients are watched for nothing. */
const RESERVE_MS = 2_000;

/**
 * A drill for each fault, on the node that begins as master.
 * @param rows of `check`, of the virtual router that is drilled
 * @param model the project's own cluster
 * @param names of faults; all without any
 */
export function trialDrills(
  target: FaultTarget,
  rows: WhatIfRow[],
  { model, load, runs, names }: { model: Cluster; load: DrillLoad; runs: number; names: string[] },
): TrialDrill[] {
  const [tier] = model.tiers;
  const inLab = { cluster: model, tier: tier!, node: tier!.nodes[0]! };
  const chosen = TRIAL_FAULTS.filter(({ fault: { name } }) => names.length === 0 || names.includes(name));
  return chosen.map(({ fault, failure, otherwise }) => {
    const row = rows.find((one) => one.failure === failure && one.on === target.node.name)!;
    return {
      ...withRow(fault, target, otherwise ? { ...row, withinMs: null, ...otherwise } : row, rows, runs),
      inLab: fault.predict(inLab, load),
    };
  });
}

/** A drill that is predicted by a row of `check`. @param rows all of the virtual router */
export function withRow(
  fault: UnpredictedFault,
  target: FaultTarget,
  row: WhatIfRow,
  rows: WhatIfRow[],
  runs: number,
): TrialDrill {
  const mastersSeen: string[][] = [];
  return {
    fault: onPair(fault, row, rows, mastersSeen),
    target,
    runs,
    hold: holdOf(row, rows),
    row,
    inLab: null,
    mastersSeen,
  };
}

/**
 * What is predicted to last is watched for as long as any failure of the pair takes to move the virtual IP: it would have moved by then if
 * the prediction were wrong.
 */
function holdOf({ failure, outcome, withinMs }: WhatIfRow, rows: WhatIfRow[]): Required<Drill>['hold'] {
  if ((outcome === 'moves' || failure === 'server-dies') && withinMs)
    return { holdMs: LEAST_HOLD_MS, longerMs: withinMs[1] + RESERVE_MS };
  const longestMs = Math.max(0, ...rows.map((row) => row.withinMs?.[1] ?? 0));
  return { holdMs: Math.min(Math.max(LEAST_HOLD_MS, longestMs + RESERVE_MS), MOST_HOLD_MS), longerMs: 0 };
}

const [LEAST_HOLD_MS, MOST_HOLD_MS] = [1_000, 60_000];

/** How long a pair may take until all is as it was: that of a master that comes back, and what machines need. */
export function settlesWithinMs(rows: WhatIfRow[]): number {
  const backMs = rows.filter(({ failure }) => failure === 'host-comes-back').map(({ withinMs }) => withinMs?.[1] ?? 0);
  return 60_000 + Math.max(0, ...backMs);
}

/** The same fault, with what `check` predicts of it; mended is what is as it was before, which not every pair comes back to by itself. */
function onPair(fault: UnpredictedFault, row: WhatIfRow, rows: WhatIfRow[], mastersSeen: string[][]): Fault {
  return {
    ...fault,
    // Who is master then is a result, and no fault of the drill's.
    missingEffect: () => [],
    classicClaim: '-',
    predict: () => predictionOf(row),
    heal: async (lab, target) => {
      mastersSeen.push(holdersOf(target.cluster, await lab.observe()));
      await fault.heal(lab, target);
      if (!takesItBack(target.node.name, rows)) await letMasterBegin(target, lab, rows);
    },
  };
}

/**
 * Who has started first holds the virtual IP of a pair without preemption: its master gets it.
 * @param onLook is shown every look at the pair until then, and may throw
 * @throws DeadlineExceededError when nobody has it
 */
export async function letMasterBegin(
  target: FaultTarget,
  lab: Lab,
  rows: WhatIfRow[],
  onLook: (observations: NodeObservation[]) => Promise<void> = async () => {},
): Promise<void> {
  const { cluster, node } = target;
  let holders: string[] = [];
  const missing = async () => {
    const observations = await lab.observe();
    await onLook(observations);
    holders = holdersOf(cluster, observations);
    return holders.length > 0 ? [] : ['no node has the virtual IP'];
  };
  const { lookIntervalMs: intervalMs, healthyWithinMs: deadlineMs } = lab.traits;
  await waitUntilNothingIsMissing('a master', missing, { deadlineMs, intervalMs, clock: lab.clock });
  if (takesItBack(node.name, rows)) return;
  for (const other of holders.filter((name) => name !== node.name)) await giveBack(lab, target, other);
}

/** Whether the node gets the virtual IP back by itself. */
export function takesItBack(node: string, rows: WhatIfRow[]): boolean {
  return rows.some(({ failure, on, outcome }) => failure === 'host-comes-back' && on === node && outcome === 'moves');
}

/** Without preemption the virtual IP stays where it is until its holder leaves. */
async function giveBack(lab: Lab, { cluster, node }: FaultTarget, holder: string): Promise<void> {
  await lab.stopService(holder, 'keepalived');
  const missing = async () => {
    const holders = holdersOf(cluster, await lab.observe());
    return holders.includes(node.name) ? [] : [`the virtual IP is at ${holders.join(', ') || 'no node'}`];
  };
  try {
    await waitUntilNothingIsMissing(`${node.name} has the virtual IP again`, missing, {
      ...{ deadlineMs: BACK_WITHIN_MS, intervalMs: lab.traits.lookIntervalMs, clock: lab.clock },
    });
  } finally {
    await lab.startService(holder, 'keepalived');
  }
}

export function predictionOf({ failure, outcome, withinMs, because, mastersBefore }: WhatIfRow): Prediction {
  if (mastersBefore.length > 1)
    return {
      fromMs: 0,
      untilMs: null,
      because: 'of several masters a client goes on with the one whose address it has',
    };
  if (failure === 'server-dies') return { fromMs: 0, untilMs: withinMs?.[1] ?? null, because };
  if (failure === 'all-servers-die') return { fromMs: 0, untilMs: null, because };
  if (outcome === 'unchanged') return nothing(because);
  if (outcome === 'moves' && withinMs) return { fromMs: withinMs[0], untilMs: withinMs[1], because };
  return { fromMs: 0, untilMs: null, because };
}
