import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { ArrivalSchedule } from './arrival-schedule.js';
import { DOWNLOAD_MS, DownloadConnection } from './download-connection.js';
import { sendFreshRequest } from './fresh-request.js';
import { withoutResponse } from './http-response.js';
import { KeepAliveConnection, type KeepAliveSettings } from './keep-alive-connection.js';
import type { Answer, DownloadCounts, KeepAliveCounts, ProbeBreakage, ProbeEvent } from './probe-event.js';
import { ProbeTally, roundMs } from './probe-tally.js';
import { downloadTarget, type ProbeTarget } from './probe-target.js';

/**
 * A request that the prober is later with than this is not sent any more: sent in a burst, what a stall has held up
 * would be a load of its own, and little of the timeout would be left for the service.
 */
const MAX_LATE_MS = 50;
const MAX_LATE_PART_OF_TIMEOUT = 1 / 5;

/** A download is silent for 100 ms at a time; a patient client gives it as long as it gives a request. */
const SILENCE_MS = 1_000;

export interface ProbeSettings {
  target: ProbeTarget;
  ratePerSecond: number;
  durationMs: number;
  /** How long a client on a fresh connection waits, from the due time to the end of the answer. */
  timeoutMs: number;
  keepAlive: KeepAliveSettings;
  /** How many downloads go on at any time. */
  downloads: number;
}

/**
 * A client that counts what it feels: requests at a constant rate, each on a fresh connection, beside a set of
 * keep-alive connections and of downloads. Open loop: a request is due when its schedule says so, however slow the
 * answers are, and its latency counts from that moment (see ArrivalSchedule).
 */
export class OpenLoopProbe {
  private readonly schedule: ArrivalSchedule;
  private readonly maxLateMs: number;
  private readonly tally = new ProbeTally();
  private readonly keepAlive: KeepAliveCounts;
  private readonly downloads: DownloadCounts;
  private readonly sockets = new Set<Socket>();
  private startMs = 0;

  /** @param emit gets a `sample` and a `broken` as they happen, a `tick` each second, `started` first, `summary` last */
  constructor(
    private readonly settings: ProbeSettings,
    private readonly emit: (event: ProbeEvent) => void,
  ) {
    this.schedule = new ArrivalSchedule(settings.ratePerSecond, settings.durationMs);
    this.maxLateMs = Math.min(MAX_LATE_MS, settings.timeoutMs * MAX_LATE_PART_OF_TIMEOUT);
    this.keepAlive = {
      connections: settings.keepAlive.connections,
      requests: 0,
      failed: 0,
      failuresByReason: {},
      broken: 0,
      reopened: 0,
      worstLatencyMs: null,
    };
    this.downloads = { connections: settings.downloads, completed: 0, broken: 0, failuresByReason: {} };
  }

  /**
   * Runs once. Resolves when all is sent, answered or given up, and every connection is closed.
   * @param stop ends the schedule early
   */
  async run(stop: AbortSignal): Promise<void> {
    this.start();
    const connections = this.openKeepAliveConnections();
    const downloads = this.startDownloads();
    const ticking = setInterval(() => this.tick(), 1_000);

    await this.sendAll(stop);
    const endMs = Math.min(this.elapsedMs(), this.settings.durationMs);
    downloads.forEach((download) => download.stop());
    const freshOnesClosed = [...this.sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    await Promise.all([...freshOnesClosed, ...connections.map((connection) => connection.stop())]);

    clearInterval(ticking);
    this.emit({ event: 'summary', ...this.tally.summary(endMs), keepAlive: this.keepAlive, downloads: this.downloads });
  }

  private start(): void {
    const { target, ratePerSecond, durationMs, timeoutMs } = this.settings;
    this.startMs = performance.now();
    const monotonicMs = roundMs(Number(process.hrtime.bigint()) / 1e6);
    this.emit({
      event: 'started',
      wallClockMs: Date.now(),
      monotonicMs,
      url: target.url,
      ratePerSecond,
      durationMs,
      timeoutMs,
    });
  }

  private openKeepAliveConnections(): KeepAliveConnection[] {
    const { target, keepAlive } = this.settings;
    return Array.from({ length: keepAlive.connections }, (_, index) => {
      const connection = new KeepAliveConnection(target, keepAlive, this.keepAlive, (breakage) =>
        this.broke('keep-alive', index, breakage),
      );
      connection.start((index * keepAlive.intervalMs) / keepAlive.connections);
      return connection;
    });
  }

  private startDownloads(): DownloadConnection[] {
    const target = downloadTarget(this.settings.target);
    const silenceMs = Math.max(SILENCE_MS, this.settings.timeoutMs);
    return Array.from({ length: this.settings.downloads }, (_, index) => {
      const download = new DownloadConnection(target, silenceMs, this.downloads, (breakage) =>
        this.broke('download', index, breakage),
      );
      download.start((index * DOWNLOAD_MS) / this.settings.downloads);
      return download;
    });
  }

  /** Resolves at the end of the schedule. */
  private sendAll(stop: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      let next = 0;
      let timer: NodeJS.Timeout;
      const wake = () => {
        const elapsedMs = this.elapsedMs();
        while (next < this.schedule.size && this.schedule.dueMs(next) <= elapsedMs)
          this.send(this.schedule.dueMs(next++));
        if (elapsedMs >= this.schedule.durationMs) return resolve();
        const wakeMs = next < this.schedule.size ? this.schedule.dueMs(next) : this.schedule.durationMs;
        timer = setTimeout(wake, Math.ceil(wakeMs - elapsedMs));
      };
      if (stop.aborted) return resolve();
      stop.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
      wake();
    });
  }

  private send(dueMs: number): void {
    const lateMs = this.elapsedMs() - dueMs;
    if (lateMs > this.maxLateMs) return this.ended(dueMs, lateMs, withoutResponse('unsent', 'prober-late'));
    const socket = sendFreshRequest(this.settings.target, this.settings.timeoutMs - lateMs, (answer) =>
      this.ended(dueMs, lateMs, answer),
    );
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
  }

  private ended(dueMs: number, lateMs: number, answer: Answer): void {
    const latencyMs = answer.outcome === 'unsent' ? null : roundMs(this.elapsedMs() - dueMs);
    const sample = { dueMs: roundMs(dueMs), lateMs: roundMs(lateMs), latencyMs, ...answer };
    this.tally.add(sample);
    this.emit({ event: 'sample', ...sample });
  }

  private broke(
    kind: ProbeBreakage['kind'],
    connection: number,
    breakage: Pick<ProbeBreakage, 'reason' | 'waitedMs'>,
  ): void {
    this.emit({ event: 'broken', kind, atMs: roundMs(this.elapsedMs()), connection, ...breakage });
  }

  private tick(): void {
    const { keepAlive, downloads } = structuredClone({ keepAlive: this.keepAlive, downloads: this.downloads });
    this.emit({
      event: 'tick',
      atMs: roundMs(this.elapsedMs()),
      ...this.tally.sampleCounts(),
      keepAlive,
      downloads,
    });
  }

  private elapsedMs(): number {
    return performance.now() - this.startMs;
  }
}
