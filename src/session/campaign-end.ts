import { oneLine } from '../drill/break-and-mend.js';
import type { DrillVerdict } from '../drill/drill-report.js';
import type { CampaignEnded } from './session-event.js';

/** How a campaign has ended before its time; nothing is set when it has not. */
export interface CampaignEnd {
  /** The signal's reason; the lab is healed all the same. */
  interruption?: Error;
  /** What has gone wrong with the lab. */
  failure?: Error;
}

/** Waits for work to end, and never rejects: an AbortError becomes the `interruption`, any other error the `failure`. */
export async function endOf(running: Promise<void>): Promise<CampaignEnd> {
  return running.then(
    () => ({}),
    (error: Error) => (error.name === 'AbortError' ? { interruption: error } : { failure: error }),
  );
}

export function campaignEnded(verdict: DrillVerdict, { failure }: CampaignEnd): CampaignEnded {
  return { event: 'campaign-ended', verdict, ...(failure && { because: oneLine(failure) }) };
}
