import {
  type DrillReport,
  type DrillResult,
  REPORT_VERSION,
  type ReportedFinding,
  type TriedPair,
} from '../drill/drill-report.js';
import type { Drill } from '../drill/drill-runner.js';
import { Random } from '../drill/random.js';
import { type CampaignOrder, type CampaignOutcome, verdictOf } from './campaign.js';
import { campaignEnded, endOf } from './campaign-end.js';
import type { OpenLab } from './open-lab.js';
import type { Publish } from './session-event.js';
import { runInTurn } from './with-runner.js';

/** A virtual router of a pair, and what is drilled of it. */
export interface TrialPlan {
  open: OpenLab;
  drills: Drill[];
  /** @param at of the drill among them */
  judge: (result: DrillResult, at: number) => TriedPair;
}

type TrialOrder = Pick<CampaignOrder, 'load' | 'budgets' | 'seed' | 'machine'> & { findings: ReportedFinding[] };

/**
 * Runs the drills of a pair of the user's, in their order, one virtual router after the other. What interrupts them, or goes wrong, is in
 * the outcome and not thrown.
 * @param signal ends it; the fault of the moment is healed first
 */
export async function runTrial(
  plans: TrialPlan[],
  { load, budgets, seed, machine, findings }: TrialOrder,
  publish: Publish,
  signal: AbortSignal,
): Promise<CampaignOutcome> {
  const { cluster, lab } = plans[0]!.open;
  const drills = plans.flatMap((plan) => plan.drills);
  const now = () => new Date(lab.clock.wallClockMs()).toISOString();
  const startedAt = now();
  publish({
    ...{ event: 'campaign-started', cluster: cluster.name, lab: lab.traits.kind, load, seed },
    ...{ drills: drills.length, runs: drills.reduce((sum, { runs }) => sum + runs, 0) },
  });
  const results: DrillResult[] = [];
  const settings = { load, budgets, random: new Random(seed), signal };
  const runAll = async () => {
    for (const { open, drills: own, judge } of plans) {
      let at = 0;
      await runInTurn(open, own, settings, publish, (result) => {
        const judged = { ...result, tried: judge(result, at) };
        at += 1;
        results.push(judged);
        return judged;
      });
    }
  };
  const end = await endOf(runAll());
  const report: DrillReport = {
    ...{ version: REPORT_VERSION, startedAt, finishedAt: now(), cluster: cluster.name, lab: lab.traits.kind },
    ...{ machine, load, seed, verdict: verdictOf(results, end, signal), drills: results, findings },
  };
  publish(campaignEnded(report.verdict, end));
  return { report, ...end };
}
