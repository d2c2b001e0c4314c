import { TIER_NAMES } from '../cluster/cluster-file.js';
import type { Cluster } from '../cluster/cluster.js';
import type { Lab } from '../lab/lab.js';
import {
  AFTERMATH_MS,
  breakAndMend,
  HealFailedError,
  HOLD_AT_MOST_MS,
  HOLD_MS,
  type Mended,
  MOMENT_WITHIN_MS,
} from './break-and-mend.js';
import type { DrillJournal } from './drill-journal.js';
import type { DrillLoad } from './drill-report.js';
import { nameOf, type PlacedFault } from './fault.js';
import { measure } from './measurement.js';
import type { RunProbe } from './probe-process.js';
import { ProbeSession } from './probe-session.js';
import type { Random } from './random.js';
import { type SoakRound, verdictOf } from './soak-report.js';

/** A probe lasts for an hour at most. */
const RENEW_PROBES_AFTER_MS = 1_800_000;

export interface SoakSettings {
  load: DrillLoad;
  random: Random;
  /** Ends the soak; what is broken is healed first. */
  signal: AbortSignal;
  onRound: (round: SoakRound) => void;
}

/** Faults in a row, under a load on both tiers, with the lab in its steady state in between. */
export class Soak {
  private sessions: ProbeSession[] = [];

  constructor(
    private readonly cluster: Cluster,
    private readonly lab: Lab,
    private readonly runProbe: RunProbe,
    private readonly journal: DrillJournal,
    private readonly settings: SoakSettings,
  ) {}

  /**
   * Ends with the first round that failed. The lab is healthy before.
   * @throws HealFailedError at the first state that does not come back
   * @throws the signal's reason; the lab is healed by then
   */
  async run(plan: PlacedFault[][]): Promise<void> {
    for (const faults of plan) {
      const round = await this.runRound(faults);
      this.settings.onRound(round);
      if (verdictOf(round).verdict === 'fail') return;
    }
  }

  async stop(): Promise<void> {
    for (const session of this.sessions) await session.stop();
    this.sessions = [];
  }

  private async runRound(faults: PlacedFault[]): Promise<SoakRound> {
    const { random, signal } = this.settings;
    const sessions = await this.freshSessions();
    const momentMs = this.lab.clock.nowMs() + random.next() * MOMENT_WITHIN_MS;
    for (const session of sessions) {
      session.forgetBefore(session.nowMs());
      await session.reportedUntil(session.fromMonotonic(momentMs));
    }
    signal.throwIfAborted();
    // What is predicted to last until it is healed is not waited for.
    const lasts = faults.some(({ fault, target }) => fault.predict(target, this.settings.load).untilMs === null);
    const areServed = async (sinceMs: number, untilMs: number, longerMs: number) => {
      const served = sessions.map((session) =>
        session.untilServed(session.fromMonotonic(sinceMs), session.fromMonotonic(untilMs), longerMs, signal),
      );
      return (await Promise.all(served)).every(Boolean);
    };
    const { cluster, lab, journal } = this;
    const scene = { cluster, lab, journal, signal, nowMs: () => lab.clock.nowMs(), onPhase: () => {} };
    const mended = await breakAndMend(scene, faults, (faultMs, doneMs) =>
      areServed(faultMs, doneMs + HOLD_MS, lasts ? 0 : HOLD_AT_MOST_MS),
    );
    signal.throwIfAborted();
    const areServedAgain = await areServed(mended.healMs, mended.recoveredMs + AFTERMATH_MS, HOLD_AT_MOST_MS);
    signal.throwIfAborted();
    if (!areServedAgain)
      throw new HealFailedError(`${faults.map(nameOf).join(' and ')}: the lab is healthy, and clients are not served`);
    return this.measured(faults, mended);
  }

  private measured(faults: PlacedFault[], mended: Mended): SoakRound {
    const { faultMs, faultDoneMs, healMs, healDoneMs, recoveredMs, remarks } = mended;
    const byTier = this.sessions.map((session) => {
      const endMs = session.nowMs() - session.load.timeoutMs;
      const at = (ms: number) => session.fromMonotonic(ms);
      const marks = {
        ...{ faultMs: at(faultMs), faultDoneMs: at(faultDoneMs), healMs: at(healMs), healDoneMs: at(healDoneMs) },
        ...{ recoveredMs: at(recoveredMs), endMs },
      };
      const between = [marks.faultMs, endMs] as const;
      return measure(session.samplesBetween(...between), session.breakagesBetween(...between), marks, 0);
    });
    const sum = (figure: (tier: (typeof byTier)[number]) => number) =>
      byTier.reduce((all, one) => all + figure(one), 0);
    const failuresByReason: Record<string, number> = {};
    for (const [reason, count] of byTier.flatMap((tier) => Object.entries(tier.failuresByReason)))
      failuresByReason[reason] = (failuresByReason[reason] ?? 0) + count;
    return {
      ...{ faults, failuresByReason, remarks },
      sent: sum((tier) => tier.sent),
      failed: sum((tier) => tier.failed),
      unsent: sum((tier) => tier.unsent),
      broken: sum((tier) => tier.broken + tier.brokenDownloads),
      returnMs: recoveredMs - healMs,
    };
  }

  private async freshSessions(): Promise<ProbeSession[]> {
    if (this.sessions.some((session) => session.nowMs() > RENEW_PROBES_AFTER_MS)) await this.stop();
    if (this.sessions.length === 0)
      for (const tier of TIER_NAMES)
        this.sessions.push(
          await ProbeSession.start(this.cluster, tier, this.settings.load, this.runProbe, this.lab.clock),
        );
    return this.sessions;
  }
}
