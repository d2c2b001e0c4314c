import { waitUntilNothingIsMissing } from '../common/wait-until.js';
import type { Lab } from '../lab/lab.js';
import { type DrillJournal, thisProcess } from './drill-journal.js';
import type { RunMarks } from './drill-report.js';
import { nameOf, type PlacedFault, placeOf } from './fault.js';
import { type Settling, untilSteady } from './steady-state.js';

export type Phase = 'steady state' | 'fault' | 'outage' | 'heal' | 'recovery';

/** So long an outage is waited for after the fault, at least. */
export const HOLD_MS = 800;
/** An outage that is not over by then is healed: the window stays open. */
export const HOLD_AT_MOST_MS = 10_000;
/** The moment of the fault lies within so long, at random: no timer of the lab is slower than that by much. */
export const MOMENT_WITHIN_MS = 500;
/** Until what hangs since the heal has been found out. */
export const AFTERMATH_MS = 1_000;
/** Requests that the prober may fail to send before its figures are worth nothing. */
export const UNSENT_SHARE = 0.01;
const EFFECT_WITHIN_MS = 10_000;

/** A heal has failed: the lab is broken, and no further drill makes sense. */
export class HealFailedError extends Error {}

/** Where something is broken, and who can be told. */
export interface Scene extends Settling {
  lab: Lab;
  journal: DrillJournal;
  /** Ends the faults; they are healed all the same. */
  signal: AbortSignal;
  nowMs: () => number;
  onPhase: (phase: Phase) => void;
}

/** Times are those of the scene's clock. */
export interface Mended extends Omit<RunMarks, 'endMs'> {
  /** What has gone wrong with the faults; none when they had their effect. */
  remarks: string[];
}

/**
 * Breaks one thing, or several at the same time, and heals all of it. The journal knows of it before anything is touched. A fault
 * that fails, has no effect by the end of the hold or is aborted throws nothing: it is in `remarks`; callers look at the signal
 * themselves. After the signal nobody waits for an effect.
 * @param hold resolves when the clients have been watched for long enough, while it is broken
 * @throws HealFailedError when the lab is not healthy in the end; the journal knows what is left
 */
export async function breakAndMend(
  { cluster, lab, problemsOf, settlesWithinMs, journal, signal, nowMs, onPhase }: Scene,
  faults: PlacedFault[],
  hold: (faultMs: number, faultDoneMs: number) => Promise<unknown>,
): Promise<Mended> {
  const remarks: string[] = [];
  const startedAtMs = lab.clock.wallClockMs();
  const entries = faults.map(({ fault, target }) => ({ fault: fault.name, ...placeOf(target) }));
  await journal.write({
    faults: entries,
    startedAt: new Date(startedAtMs).toISOString(),
    ...thisProcess(),
  });
  onPhase('fault');
  const faultMs = nowMs();
  let faultDoneMs = faultMs;
  try {
    await allDone(faults.map(({ fault, target }) => fault.inject(lab, target, signal)));
    faultDoneMs = nowMs();
    onPhase('outage');
    await hold(faultMs, faultDoneMs);
    // What two faults of one tier come to together is not known.
    for (const { fault, target } of faults.filter((placed) => isAloneInItsTier(placed, faults))) {
      if (fault.endsByItself?.(lab.capabilities)) continue;
      const missing = async () => (signal.aborted ? [] : (fault.missingEffect?.(target, await lab.observe()) ?? []));
      await waitUntilNothingIsMissing(`effect of ${fault.name}`, missing, {
        deadlineMs: EFFECT_WITHIN_MS,
        intervalMs: lab.traits.lookIntervalMs,
        clock: lab.clock,
      });
    }
    // What a node has mended before it was told to was not broken for as long as it is measured.
    remarks.push(...(await lab.selfHealed(startedAtMs)));
  } catch (error) {
    remarks.push(`the fault failed: ${oneLine(error)}`);
  }

  onPhase('heal');
  const healMs = nowMs();
  for (const placed of faults) await healFault(lab, placed);
  const healDoneMs = nowMs();
  onPhase('recovery');
  await untilSteady({ cluster, lab, problemsOf, settlesWithinMs }).catch((error: Error) => {
    throw new HealFailedError(`${faults.map(nameOf).join(' and ')}: ${error.message}`);
  });
  const recoveredMs = nowMs();
  await journal.clear();
  return { faultMs, faultDoneMs, healMs, healDoneMs, recoveredMs, remarks };
}

/** @throws HealFailedError */
export async function healFault(lab: Lab, placed: PlacedFault): Promise<void> {
  const { fault, target } = placed;
  await fault.heal(lab, target).catch((error: Error) => {
    throw new HealFailedError(`${fault.name} on ${target.node.name} could not be healed: ${error.message}`);
  });
}

export function oneLine(error: unknown): string {
  return (error as Error).message.replaceAll(/\s*\n\s*/g, '; ');
}

/** Waits for all of them, so that nothing is under way when the heal begins. @throws what the first one has thrown */
async function allDone(actions: Promise<void>[]): Promise<void> {
  await Promise.allSettled(actions);
  await Promise.all(actions);
}

function isAloneInItsTier(placed: PlacedFault, faults: PlacedFault[]): boolean {
  return faults.every((other) => other === placed || other.target.tier.name !== placed.target.tier.name);
}
