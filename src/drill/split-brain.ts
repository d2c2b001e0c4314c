import type { NodeObservation } from '../lab/lab.js';
import type { Prediction } from './drill-report.js';
import type { FaultTarget } from './fault.js';
import { nothing } from './prediction.js';

/** Two nodes hold the virtual IP, and reach each other and the clients all the same. */
export function splitBrain(): Prediction {
  return nothing('two holders, each of which serves whoever the switch sends to it');
}

/** @returns lines; none while the virtual IP has more than one holder */
export function hasTwoHolders({ tier }: FaultTarget, seen: NodeObservation[]): string[] {
  const { virtualIp } = tier.virtualRouter;
  const holders = seen.filter(({ vipsHeld }) => vipsHeld.includes(virtualIp)).length;
  return holders > 1 ? [] : [`${virtualIp} has ${holders} holder(s), not two`];
}
