import type { ProfileName } from '../cluster/cluster-file.js';
import type { Budgets } from '../drill/budgets.js';
import {
  type DrillLoad,
  type DrillReport,
  type DrillResult,
  type DrillVerdict,
  type Machine,
  REPORT_VERSION,
} from '../drill/drill-report.js';
import { worstOf } from '../drill/drill-result.js';
import { Random } from '../drill/random.js';
import { type CampaignEnd, campaignEnded, endOf } from './campaign-end.js';
import { chooseDrills, type DrillChoice, rankOf, shuffledByTier } from './choose-drills.js';
import type { LabSource, OpenLab } from './open-lab.js';
import type { Publish } from './session-event.js';
import { runInTurn } from './with-runner.js';

/** Drills in a row, under one profile or several. */
export interface CampaignOrder {
  choice: DrillChoice;
  /** That of cluster.yaml last; the lab is edited for the others. */
  profiles: ProfileName[];
  load: DrillLoad;
  budgets: Budgets;
  seed: number;
  /** Where it is measured. */
  machine: Machine;
}

export interface CampaignOutcome extends CampaignEnd {
  /** Of what has been done. */
  report: DrillReport;
}

/**
 * Runs all drills of an order. What interrupts them, or goes wrong with the lab, is in the outcome and not thrown.
 * @param signal ends it; the fault of the moment is healed first
 * @throws InvalidInputError when the order names what the cluster or the catalogue lacks, and what `labs.open` throws
 */
export async function runCampaign(
  labs: LabSource,
  order: CampaignOrder,
  publish: Publish,
  signal: AbortSignal,
): Promise<CampaignOutcome> {
  const { choice, load, seed, machine } = order;
  const open = await labs.open();
  const { cluster, lab } = open;
  const drills = chooseDrills(cluster, choice);
  const now = () => new Date(lab.clock.wallClockMs()).toISOString();
  const startedAt = now();
  publish({
    ...{ event: 'campaign-started', cluster: cluster.name, lab: lab.traits.kind, load, seed },
    drills: drills.length * order.profiles.length,
    runs: drills.length * order.profiles.length * choice.runs,
  });
  const results: DrillResult[] = [];
  const end = await endOf(drillUnderProfiles(labs, open, order, signal, publish, (result) => results.push(result)));
  const report: DrillReport = {
    version: REPORT_VERSION,
    startedAt,
    finishedAt: now(),
    cluster: cluster.name,
    lab: lab.traits.kind,
    machine,
    load,
    seed,
    verdict: verdictOf(results, end, signal),
    drills: results.toSorted((one, other) => rankOf(one, drills) - rankOf(other, drills)),
  };
  publish(campaignEnded(report.verdict, end));
  return { report, ...end };
}

/** What has not run, because of an interruption or of what the lab cannot do, is not known to be good. */
export function verdictOf(results: DrillResult[], { failure }: CampaignEnd, { aborted }: AbortSignal): DrillVerdict {
  const verdicts = results.flatMap(({ verdict }) => verdict ?? []);
  return failure ? 'fail' : worstOf([...verdicts, aborted || verdicts.length === 0 ? 'unknown' : 'pass']);
}

async function drillUnderProfiles(
  labs: LabSource,
  own: OpenLab,
  { choice, profiles, load, budgets, seed }: CampaignOrder,
  signal: AbortSignal,
  publish: Publish,
  onResult: (result: DrillResult) => void,
): Promise<void> {
  const ownProfile = own.cluster.profileName;
  const drillAll = async (open: OpenLab) => {
    const random = new Random(seed);
    // `classic` is there to show what the others spare, and claims nothing.
    const claimed = open.cluster.profileName === 'classic' ? {} : budgets;
    const drills = shuffledByTier(chooseDrills(open.cluster, choice), random);
    await runInTurn(open, drills, { load, budgets: claimed, random, signal }, publish, (result) => {
      onResult(result);
      return result;
    });
  };
  await labs.onEdited(
    profiles
      .filter((name) => name !== ownProfile)
      .map((name) => ({ name, edit: (document) => document.set('profile', name) })),
    drillAll,
  );
  if (profiles.includes(ownProfile)) await drillAll(own);
}
