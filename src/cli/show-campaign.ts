import { writeReport } from '../report/report-files.js';
import { type CampaignOrder, type CampaignOutcome, runCampaign } from '../session/campaign.js';
import { EventStream } from '../session/event-stream.js';
import type { Context } from './context.js';
import { DrillDisplay } from './drill-display.js';
import { labSourceOf } from './edited-labs.js';
import { record } from './recording.js';

/** Where what a campaign came to is written to, beside the terminal. */
export interface CampaignFiles {
  /** The folder of its report. */
  out?: string | undefined;
  /** The file of all its events. */
  recording?: string | undefined;
}

/** Runs a campaign on the lab of a context, and shows it on the terminal as it goes on, and what it came to. */
export async function showCampaign(
  context: Context,
  order: CampaignOrder,
  { out, recording }: CampaignFiles,
  signal: AbortSignal,
): Promise<CampaignOutcome> {
  const source = labSourceOf(context);
  const stream = new EventStream((await source.open()).lab.clock);
  const stopRecording = recording === undefined ? undefined : await record(stream, recording);
  const display = new DrillDisplay();
  stream.subscribe(display.listen);
  const outcome = await runCampaign(source, order, stream.publish, signal);
  await stopRecording?.();
  display.table(outcome.report);
  if (out !== undefined) for (const file of await writeReport(out, outcome.report)) console.log(file);
  return outcome;
}
