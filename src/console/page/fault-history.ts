import type { OutageWindow } from '../../drill/outage.js';
import type { PhaseBegun } from '../../session/session-event.js';

const KEPT = 50;

/** Something that was broken on purpose. */
export interface FaultShown extends Pick<PhaseBegun, 'fault' | 'tier' | 'node' | 'prediction'> {
  faultMs: number;
  /** Null while it lasts. */
  healMs: number | null;
  /** When the lab was in its steady state again. */
  recoveredMs: number | null;
}

/** What was broken on purpose, and when it was mended. */
export class FaultHistory {
  /** In their order, the last ones. */
  faults: FaultShown[] = [];

  enter(atMs: number, { phase, fault, tier, node, prediction }: PhaseBegun): void {
    const last = this.faults.at(-1);
    if (phase === 'fault') {
      const begun = { fault, tier, node, prediction, faultMs: atMs, healMs: null, recoveredMs: null };
      this.faults = [...this.faults, begun].slice(-KEPT);
    } else if (phase === 'heal' && last) last.healMs = atMs;
    else if (phase === 'steady state') this.recover(atMs);
  }

  recover(atMs: number): void {
    const last = this.faults.at(-1);
    if (!last || last.recoveredMs !== null) return;
    last.healMs ??= atMs;
    last.recoveredMs = atMs;
  }
}

/**
 * The longest time without service from a fault to the steady state after it, as drills have it: one that goes on at the heal is one
 * before and one after it. Undefined when clients felt nothing (so far).
 */
export function outageOf(
  { faultMs, healMs, recoveredMs }: FaultShown,
  windows: OutageWindow[],
): OutageWindow | undefined {
  const parts: [number, number][] = [[faultMs, healMs ?? Infinity]];
  if (healMs !== null) parts.push([healMs, recoveredMs ?? Infinity]);
  const own = windows.flatMap((window) =>
    parts.flatMap(([partMs, endMs]) => {
      const [fromMs, untilMs] = [Math.max(window.fromMs, partMs), Math.min(window.untilMs, endMs)];
      const isOpen = window.open && untilMs === window.untilMs;
      return fromMs < untilMs ? [{ ...window, fromMs, untilMs, durationMs: untilMs - fromMs, open: isOpen }] : [];
    }),
  );
  return own.toSorted((one, other) => other.durationMs - one.durationMs)[0];
}
