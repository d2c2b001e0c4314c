import { resolve } from 'node:path';
import type { Finding } from '../check/finding.js';
import type { DrillLoad, ReportedFinding } from '../drill/drill-report.js';
import { trialText } from '../report/trial-text.js';
import { writeReport } from '../report/report-files.js';
import type { CampaignOutcome } from '../session/campaign.js';
import { EventStream } from '../session/event-stream.js';
import { runTrial, type TrialPlan } from '../session/trial.js';
import type { Trial } from '../trial/trials.js';
import { DrillDisplay } from './drill-display.js';
import { INTERRUPTED_EXIT_CODE } from './interruption.js';

/* What `try` and `drill` do with a pair of the user's that runs. */

/** Patient clients: timers in the field are seconds. */
export const PAIR_LOAD = { ratePerSecond: 50, timeoutMs: 500, keepAliveConnections: 0, downloads: 0 };
export const SESSIONS = 20;
const EXIT_CODES = { pass: 0, fail: 1, unknown: 3 };

export function drillPair(
  plans: TrialPlan[],
  order: Parameters<typeof runTrial>[1],
  signal: AbortSignal,
): Promise<CampaignOutcome> {
  const stream = new EventStream(plans[0]!.open.lab.clock);
  stream.subscribe(new DrillDisplay().listen);
  return runTrial(plans, order, stream.publish, signal);
}

/** Prints what has come of it, and writes its report. @param out a folder @throws what has gone wrong */
export async function showTrial(
  { report, interruption, failure }: CampaignOutcome,
  out: string | undefined,
): Promise<void> {
  process.stdout.write(trialText(report));
  if (out !== undefined) for (const file of await writeReport(resolve(out), report)) console.log(file);
  if (failure) throw failure;
  process.exitCode = interruption ? INTERRUPTED_EXIT_CODE : EXIT_CODES[report.verdict];
}

/** Clients of HTTP come and go; those of TCP have sessions. */
export function loadOf(trials: Trial[]): DrillLoad {
  const hasSessions = trials.some(({ router }) => router.asked.mode === 'tcp');
  return hasSessions ? { ...PAIR_LOAD, keepAliveConnections: SESSIONS } : PAIR_LOAD;
}

export function reported(findings: Finding[]): ReportedFinding[] {
  return findings.flatMap(({ rule, severity, position: { file, line }, happens }) =>
    severity === 'info' ? [] : [{ rule, severity, place: `${file}:${line}`, happens }],
  );
}
