import type { Clock } from '../common/clock.js';
import type { DrillLoad } from '../drill/drill-report.js';
import { LabWatch } from '../drill/lab-watch.js';
import { ProbeSession } from '../drill/probe-session.js';
import type { OpenLab } from './open-lab.js';
import type { Publish } from './session-event.js';
import { published, publishNodeEvents } from './with-runner.js';

/** So much of what the probe has told is kept: nothing that is measured here takes longer. */
const KEPT_MS = 60_000;
const RENEWED_AFTER_MS = 50 * 60_000;

/** Clients that ask the first tier, and what the nodes tell of themselves meanwhile; all of it is published. */
export class LiveWatch {
  private constructor(
    private readonly session: ProbeSession,
    private readonly watch: LabWatch,
    private readonly clock: Clock,
  ) {}

  /** @throws Error when there can be no clients: of the probe, or DeadlineExceededError */
  static async start(
    { cluster, lab, probes }: OpenLab,
    load: DrillLoad,
    publish: Publish,
    onNodeEvent: () => void,
  ): Promise<LiveWatch> {
    const publishNodeEvent = publishNodeEvents(lab.clock, publish);
    const watch = LabWatch.start(cluster, lab, (event) => {
      publishNodeEvent(event);
      onNodeEvent();
    });
    try {
      const probe = published(probes.inLan, publish);
      const tier = cluster.tiers[0]!.name;
      const session = await ProbeSession.start(cluster, tier, load, probe, lab.clock, probes.asking);
      return new LiveWatch(session, watch, lab.clock);
    } catch (error) {
      await watch.stop();
      throw error;
    }
  }

  /** Resolves `holdMs` from now, when clients are served; later otherwise, by `atMostMs`, but not after the signal. @param ms since when they are looked at, on the lab's clock */
  async untilServed(ms: number, holdMs: number, atMostMs: number, signal: AbortSignal): Promise<void> {
    const fromMs = this.session.fromMonotonic(ms);
    await this.session.untilServed(fromMs, this.session.nowMs() + holdMs, atMostMs, signal);
  }

  /** Whether it is time for new clients: a probe ends after an hour. */
  isOld(): boolean {
    return this.session.nowMs() > RENEWED_AFTER_MS;
  }

  /** Drops what nobody needs any more. @throws Error when the clients, or what the nodes tell, have come to an end */
  async assertGoesOn(): Promise<void> {
    this.watch.forgetBefore(this.clock.wallClockMs() - KEPT_MS);
    const nowMs = this.session.nowMs();
    await this.session.reportedUntil(nowMs - this.session.load.timeoutMs);
    this.session.forgetBefore(nowMs - KEPT_MS);
  }

  async stop(): Promise<void> {
    // What has ended it before is known by now.
    await Promise.allSettled([this.session.stop(), this.watch.stop()]);
  }
}
