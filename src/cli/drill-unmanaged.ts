import { resolve } from 'node:path';
import { InvalidInputError } from '../common/errors.js';
import { loadBudgets } from '../drill/budgets.js';
import { untilSteady } from '../drill/steady-state.js';
import { holdersOf } from '../trial/pair-problems.js';
import { takesItBack, TRIAL_FAULTS } from '../trial/trial-drills.js';
import type { Trial } from '../trial/trials.js';
import type { Context } from './context.js';
import { interruptible } from './interruption.js';
import { listFault } from './list-fault.js';
import { thisMachine } from './machine.js';
import { drillPair, loadOf, PAIR_LOAD, reported, showTrial } from './run-trial.js';
import { seedOf } from './seed.js';
import type { UnmanagedPlace } from './unmanaged-place.js';

/** What `drill` is told of a cluster of somebody else's. */
export interface UnmanagedOrder {
  /** One alone; all without it. */
  fault: string | undefined;
  runs: number;
  budget: string | undefined;
  out: string | undefined;
  seed: string | undefined;
  list: boolean;
}

/** `drill` on a cluster that somebody else has set up: the faults that make sense on any pair, beside what `check` says of it. */
export async function drillUnmanaged(context: Context, place: UnmanagedPlace, order: UnmanagedOrder): Promise<void> {
  const { fault, runs } = order;
  const known = TRIAL_FAULTS.map(({ fault: { name } }) => name);
  if (fault !== undefined && !known.includes(fault))
    throw new InvalidInputError(
      `fault: ${fault} must be one of ${known.join(', ')} on a cluster that is not ha-demo's`,
    );
  const seed = seedOf(order.seed);
  const budgets = order.budget === undefined ? {} : await loadBudgets(resolve(order.budget));
  const { pair, plans } = await place.plans({ load: PAIR_LOAD, runs, names: fault === undefined ? [] : [fault] });
  const { lab, cluster } = plans[0]!.open;
  if (order.list) {
    for (const { fault: one } of TRIAL_FAULTS) {
      const reason = one.skippedBecause?.(lab.capabilities, cluster);
      listFault(one, reason && `not on these hosts: ${reason}`);
    }
    return;
  }
  for (const line of pair.left) console.error(line.replace(', and not run', ''));
  await context.assertHealed();
  const seen = await untilSteady(await place.open());
  for (const trial of pair.trials) assertAtMaster(trial, holdersOf(trial.cluster, seen));
  const findings = reported(pair.findings);
  const outcome = await interruptible((signal) =>
    drillPair(plans, { load: loadOf(pair.trials), budgets, seed, machine: thisMachine(), findings }, signal),
  );
  await showTrial(outcome, order.out);
}

/** Without preemption a virtual IP may be anywhere, and it is not ours to move before anything is broken. @throws InvalidInputError */
function assertAtMaster({ router: { virtualIp }, target: { node }, rows }: Trial, holders: string[]): void {
  if (holders.includes(node.name) || takesItBack(node.name, rows)) return;
  const [holder = 'nobody'] = holders;
  throw new InvalidInputError(
    `${virtualIp} is at ${holder}; drills begin with it at ${node.name}, which does not take it back by itself: restart keepalived on ${holder}`,
  );
}
