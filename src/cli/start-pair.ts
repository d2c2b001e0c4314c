import type { DrillResult } from '../drill/drill-report.js';
import { untilSteady } from '../drill/steady-state.js';
import type { TrialProject } from '../lab/compose/trial/trial-lab.js';
import type { TrialRelease } from '../lab/compose/trial/trial-topology.js';
import type { NodeObservation } from '../lab/lab.js';
import type { TrialPlan } from '../session/trial.js';
import { probeFlags } from '../trial/asked.js';
import { assertAllRun } from '../trial/ended.js';
import { judged } from '../trial/judgement.js';
import type { KeptPair } from '../trial/kept-pair.js';
import { podsOf } from '../trial/pods.js';
import { letMasterBegin, settlesWithinMs, takesItBack } from '../trial/trial-drills.js';
import type { Trial } from '../trial/trials.js';
import type { World } from '../trial/world.js';
import { openPair } from './kept-pairs.js';
import { step } from './steps.js';

/** A pair that runs. */
export interface StartedPair {
  /** Of each virtual router that is drilled. */
  plans: TrialPlan[];
  /** As other commands find it again. */
  kept: KeptPair;
}

/**
 * Starts a pair, and waits until it is as its files have it.
 * @param signal ends the wait @throws the signal's reason
 */
export async function startPair(
  project: TrialProject,
  release: TrialRelease,
  world: World,
  trials: Trial[],
  signal: AbortSignal,
): Promise<StartedPair> {
  const shared = {
    masters: Object.fromEntries(trials.map((trial) => [trial.router.virtualIp, trial.masters])),
    interfaces: Object.fromEntries(world.nodes.map(({ name, interfaces: [own] }) => [name, own!])),
    settlesWithinMs: settlesWithinMs(trials.flatMap(({ rows }) => rows)),
  };
  const pairs = trials.map(({ cluster, router }): KeptPair => ({
    ...shared,
    cluster,
    asking: probeFlags(router.virtualIp, router.asked),
  }));
  const plans = trials.map(({ router, drills }, index) => ({
    drills,
    judge: (result: DrillResult, at: number) => judged(result, drills[at]!, router.virtualIp),
    open: openPair(project, pairs[index]!),
  }));
  const files = new Map(world.nodes.map((node) => [node.name, node.files]));
  const pods = podsOf(world, release, (node) => project.inputOf(node));
  await step('Start the pair', () => project.start(pods, files));
  await step('Steady state', async () => {
    for (const [at, { target, rows }] of trials.entries()) {
      const { lab } = plans[at]!.open;
      await letMasterBegin(target, lab, rows, async (seen) => {
        signal.throwIfAborted();
        await assertAllRun(world, lab, seen);
      });
    }
    const { open } = plans[0]!;
    const untilAborted = (seen: NodeObservation[]) => {
      signal.throwIfAborted();
      return open.problemsOf!(seen);
    };
    await untilSteady({ ...open, problemsOf: untilAborted });
  });
  const masters = trials.map(
    ({ router, target, masters: own, rows }) =>
      [router.virtualIp, takesItBack(target.node.name, rows) ? own : null] as const,
  );
  return { plans, kept: { ...pairs[0]!, masters: Object.fromEntries(masters) } };
}
