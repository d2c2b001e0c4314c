import type { Cluster } from '../cluster/cluster.js';
import { virtualUrl } from '../cluster/cluster.js';
import type { TierName } from '../cluster/cluster-file.js';
import type { Clock } from '../common/clock.js';
import { waitUntilNothingIsMissing } from '../common/wait-until.js';
import type { DrillLoad } from './drill-report.js';
import { outageWindows } from './outage.js';
import type { RunProbe } from './probe-process.js';
import type { ProbeBreakage, ProbeEvent, ProbeSample, ProbeStarted } from '../probe/probe-event.js';

/** The prober prints what it has every 100 ms, and may be late itself. */
const REPORTING_MS = 150;
const STARTS_WITHIN_MS = 30_000;
/** A prober that has just started is slow: its code is not compiled yet. */
const WARM_AFTER_MS = 1000;
const LONGEST = '1h';

/** A probe that goes on while faults come and go. Its times are ms since its start, on the monotonic clock. */
export class ProbeSession {
  private readonly stopping = new AbortController();
  private readonly ended: Promise<void>;
  private started: ProbeStarted | undefined;
  private failure: Error | undefined;
  private samples: ProbeSample[] = [];
  private breakages: ProbeBreakage[] = [];
  private reportedMs = 0;

  private constructor(
    cluster: Cluster,
    readonly tier: TierName,
    readonly load: DrillLoad,
    runProbe: RunProbe,
    private readonly clock: Clock,
    asking: string[],
  ) {
    const flags = [
      ...[...asking, '--duration', LONGEST, '--samples', '--rate', String(load.ratePerSecond)],
      ...['--timeout', `${load.timeoutMs}ms`, '--keep-alive', String(load.keepAliveConnections)],
      ...['--downloads', String(load.downloads)],
    ];
    this.ended = runProbe(cluster, flags, (event) => this.take(event), this.stopping.signal);
    this.ended.then(
      () => (this.failure = new Error('the probe has ended')),
      (error: Error) => (this.failure = error),
    );
  }

  /**
   * Starts a probe, and waits until it is warm.
   * @param asking flags of the probe for what it asks
   * @throws DeadlineExceededError after 30 s
   * @throws Error of the probe
   */
  static async start(
    cluster: Cluster,
    tier: TierName,
    load: DrillLoad,
    runProbe: RunProbe,
    clock: Clock,
    asking = ['--url', virtualUrl(cluster, tier)],
  ): Promise<ProbeSession> {
    const session = new ProbeSession(cluster, tier, load, runProbe, clock, asking);
    try {
      await session.until('the probe is warm', () => session.reportedMs > WARM_AFTER_MS, STARTS_WITHIN_MS);
    } catch (error) {
      session.stopping.abort();
      throw error;
    }
    return session;
  }

  nowMs(): number {
    return this.fromMonotonic(this.clock.nowMs());
  }

  /** @param ms by the monotonic clock of this host, which is the prober's, too @returns the same as a time of the session */
  fromMonotonic(ms: number): number {
    return ms - this.started!.monotonicMs;
  }

  /** @param wallClockMs as a node of this host, or one whose clock agrees with its, has written down */
  fromWallClock(wallClockMs: number): number {
    return wallClockMs - this.started!.wallClockMs;
  }

  /** Resolves when every request that was due before has ended, and is known here. */
  async reportedUntil(ms: number): Promise<void> {
    const lastMs = ms + this.load.timeoutMs + REPORTING_MS;
    await this.until(`the probe has reported until ${Math.round(ms)} ms`, () => this.reportedMs >= lastMs, 30_000);
  }

  /**
   * Until `ms`, and until no outage since `fromMs` is open, but for at most `longerMs` more, and not after the signal.
   * @returns whether the clients are served
   */
  async untilServed(fromMs: number, ms: number, longerMs: number, signal: AbortSignal): Promise<boolean> {
    let nextMs = ms;
    do {
      await this.reportedUntil(nextMs);
      const windows = outageWindows(this.samplesBetween(fromMs, nextMs), nextMs);
      if (!windows.at(-1)?.open) return true;
      nextMs += 200;
    } while (nextMs < ms + longerMs && !signal.aborted);
    return false;
  }

  /** In the order of their due times. */
  samplesBetween(fromMs: number, untilMs: number): ProbeSample[] {
    return this.samples
      .filter(({ dueMs }) => dueMs >= fromMs && dueMs < untilMs)
      .sort((one, other) => one.dueMs - other.dueMs);
  }

  /** From `fromMs` to `untilMs`, without those whose silence had begun before: they hang for another reason. */
  breakagesBetween(fromMs: number, untilMs: number): ProbeBreakage[] {
    return this.breakages.filter(({ atMs, waitedMs }) => atMs - (waitedMs ?? 0) >= fromMs && atMs < untilMs);
  }

  /** Drops samples and breakages from before `ms`, so that an hour's session does not fill the memory. */
  forgetBefore(ms: number): void {
    this.samples = this.samples.filter(({ dueMs }) => dueMs >= ms);
    this.breakages = this.breakages.filter(({ atMs }) => atMs >= ms);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.ended;
  }

  private take(event: ProbeEvent): void {
    if (event.event === 'started') this.started = event;
    if (event.event === 'sample') {
      this.samples.push(event);
      this.reportedMs = Math.max(this.reportedMs, event.dueMs);
    }
    if (event.event === 'broken') this.breakages.push(event);
  }

  private until(condition: string, holds: () => boolean, deadlineMs: number): Promise<void> {
    const missing = async () => {
      if (this.failure) throw this.failure;
      return holds() ? [] : [`last reported: ${Math.round(this.reportedMs)} ms`];
    };
    return waitUntilNothingIsMissing(condition, missing, { deadlineMs, intervalMs: 20, clock: this.clock });
  }
}
