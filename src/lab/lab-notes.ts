import { timeOf } from '../common/time.js';
import type { NodeObservation } from './lab.js';

/** What a node has mended by itself: no problem any more, and yet somebody should know why it was needed. */
export function restoredNotes(observations: Pick<NodeObservation, 'node' | 'secondChanceRestored'>[]): string[] {
  return observations.flatMap(({ node, secondChanceRestored: restored }) =>
    restored
      ? [`${node}: second chance was restored at ${timeOf(restored.atMs)}: missing was ${restored.missing}`]
      : [],
  );
}
