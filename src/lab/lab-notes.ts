import { timeOf } from '../common/time.js';
import type { NodeObservation, Restored } from './lab.js';

/** What a node has mended by itself: no problem any more, and yet somebody should know why it was needed. */
export function restoredNotes(
  observations: Pick<NodeObservation, 'node' | 'secondChanceRestored' | 'advertFilterRestored'>[],
): string[] {
  return observations.flatMap(({ node, secondChanceRestored, advertFilterRestored }) => {
    const note = (what: string, restored: Restored | undefined) =>
      restored ? [`${node}: ${what} was restored at ${timeOf(restored.atMs)}: missing was ${restored.missing}`] : [];
    return [...note('second chance', secondChanceRestored), ...note('the advert filter', advertFilterRestored)];
  });
}
