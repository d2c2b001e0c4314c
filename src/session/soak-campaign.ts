import type { DrillLoad, DrillVerdict } from '../drill/drill-report.js';
import { worstOf } from '../drill/drill-result.js';
import { nameOf, type PlacedFault } from '../drill/fault.js';
import { LabWatch } from '../drill/lab-watch.js';
import { Random } from '../drill/random.js';
import { Soak } from '../drill/soak.js';
import { soakPlan } from '../drill/soak-plan.js';
import { type SoakRound, verdictOf } from '../drill/soak-report.js';
import { untilHealthy } from '../lab/lab-problems.js';
import { type CampaignEnd, campaignEnded, endOf } from './campaign-end.js';
import type { OpenLab } from './open-lab.js';
import type { Publish } from './session-event.js';
import { published, publishNodeEvents } from './with-runner.js';

const SETTLES_WITHIN_MS = 30_000;

/** Random faults in a row. */
export interface SoakOrder {
  load: DrillLoad;
  seed: number;
  /** The generator that the plan was drawn with; the moments of the faults are drawn from it next. */
  random: Random;
  plan: PlacedFault[][];
}

/** A failure is the first state that did not come back. */
export interface SoakOutcome extends CampaignEnd {
  rounds: SoakRound[];
  verdict: DrillVerdict;
  /** Why there were no rounds. */
  unhealthyBefore?: string;
}

/** @param count how many faults */
export function soakOrder({ cluster, lab }: OpenLab, count: number, load: DrillLoad, seed: number): SoakOrder {
  const random = new Random(seed);
  return { load, seed, random, plan: soakPlan(cluster, lab.capabilities, count, random) };
}

/** @param signal ends it; what is broken is healed first */
export async function runSoak(
  { cluster, lab, probes, journal }: OpenLab,
  { load, seed, random, plan }: SoakOrder,
  publish: Publish,
  signal: AbortSignal,
): Promise<SoakOutcome> {
  const unhealthyBefore = await untilHealthy(cluster, lab, { deadlineMs: SETTLES_WITHIN_MS }).then(
    () => undefined,
    (error: Error) => error.message,
  );
  if (unhealthyBefore !== undefined) return { rounds: [], verdict: 'unknown', unhealthyBefore };
  publish({
    ...{ event: 'campaign-started', cluster: cluster.name, lab: lab.traits.kind, load, seed },
    ...{ drills: plan.length, runs: plan.length },
  });
  const rounds: SoakRound[] = [];
  const onRound = (round: SoakRound) => {
    rounds.push(round);
    publish({ ...round, ...verdictOf(round), event: 'round-ended', faults: round.faults.map(nameOf) });
  };
  const watch = LabWatch.start(cluster, lab, publishNodeEvents(lab.clock, publish));
  const soak = new Soak(cluster, lab, published(probes.inLan, publish), journal, { load, random, signal, onRound });
  const end = await endOf(soak.run(plan));
  await soak.stop();
  await watch.stop();
  const verdicts = rounds.map((round) => verdictOf(round).verdict);
  const verdict = end.failure ? 'fail' : end.interruption ? 'unknown' : worstOf(verdicts);
  publish(campaignEnded(verdict, end));
  return { rounds, verdict, ...end };
}
