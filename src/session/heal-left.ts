import { healFault, oneLine } from '../drill/break-and-mend.js';
import { faultNamed } from '../drill/catalogue.js';
import type { JournalEntry } from '../drill/drill-journal.js';
import { targetAt } from '../drill/fault.js';
import { untilSteady } from '../drill/steady-state.js';
import type { Lab } from '../lab/lab.js';
import type { Step } from '../lab/step.js';
import type { OpenLab } from './open-lab.js';

/**
 * Mends what the journal says is broken, and waits for the steady state; then the journal says nothing any more.
 * @throws HealFailedError @throws DeadlineExceededError when the lab is not steady in time
 */
export async function healLeft(open: OpenLab, entry: JournalEntry, step: Step): Promise<void> {
  const { cluster, lab, journal } = open;
  // A host that cannot be asked must not keep the others from being mended.
  const alreadyHealed = await lab.selfHealed().catch((error: Error) => [oneLine(error)]);
  for (const line of alreadyHealed) await step(line, async () => {});
  for (const place of entry.faults) {
    const placed = { fault: faultNamed(place.fault), target: targetAt(cluster, place) };
    await step(`Heal ${place.fault} on ${place.node}`, () => healFault(lab, placed));
  }
  if (open.problemsOf) await startPrograms(lab);
  await step('Healthy lab', () => untilSteady(open));
  await journal.clear();
}

/** A drill that moves a virtual IP back stops keepalived on another node than the journal names. */
async function startPrograms(lab: Lab): Promise<void> {
  for (const { node, power, services } of await lab.observe())
    if (power === 'on' && services.keepalived === 'down') await lab.startService(node, 'keepalived');
}
