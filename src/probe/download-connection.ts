import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { sendFreshRequest } from './fresh-request.js';
import { onceEstablished } from './http-connection.js';
import type { Answer, DownloadCounts, ProbeBreakage } from './probe-event.js';
import { roundMs } from './probe-tally.js';
import type { ProbeTarget } from './probe-target.js';

/** How long the services take for one. */
export const DOWNLOAD_MS = 3_000;

const DEADLINE_MS = 10_000;
const PAUSE_AFTER_FAILURE_MS = 250;

/**
 * A client that fetches an answer of 3 s again and again, on a fresh connection each time: what a failure does to
 * connections in use shows in it. Adds to the counts that it shares with the others.
 */
export class DownloadConnection {
  private next: NodeJS.Timeout | undefined;
  private readonly sockets = new Set<Socket>();
  private stopped = false;

  /**
   * @param silenceMs after how long without a word of the answer it counts as broken
   * @param broke told of each breakage: its reason, and how long nothing had been heard by then
   */
  constructor(
    private readonly target: ProbeTarget,
    private readonly silenceMs: number,
    private readonly counts: DownloadCounts,
    private readonly broke: (breakage: Pick<ProbeBreakage, 'reason' | 'waitedMs'>) => void,
  ) {}

  /** @param firstMs when the first one begins, in ms from now */
  start(firstMs: number): void {
    this.next = setTimeout(() => this.fetch(), firstMs);
  }

  /** Cuts short what is going on. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.next);
    for (const socket of this.sockets) socket.destroy();
  }

  private fetch(): void {
    let heardMs = performance.now();
    let established = false;
    const ended = (answer: Answer) => {
      if (!this.stopped) this.ended(answer, established, roundMs(performance.now() - heardMs));
    };
    const socket = sendFreshRequest(this.target, DEADLINE_MS, ended, () => (heardMs = performance.now()));
    let silence: NodeJS.Timeout | undefined;
    const unlessSilent = () => {
      if (socket.destroyed) return;
      const leftMs = heardMs + this.silenceMs - performance.now();
      if (leftMs <= 0) socket.destroy(Object.assign(new Error(), { code: 'timeout' }));
      // Sockets are read before the next look (see fresh-request.ts).
      else silence = setTimeout(() => setImmediate(unlessSilent), Math.ceil(leftMs));
    };
    onceEstablished(socket, () => {
      established = true;
      unlessSilent();
    });
    // The server closes it some time after the answer.
    this.sockets.add(socket);
    socket.once('close', () => {
      clearTimeout(silence);
      this.sockets.delete(socket);
    });
  }

  private ended({ reason, status }: Answer, established: boolean, waitedMs: number): void {
    if (reason === null) {
      this.counts.completed += 1;
      return this.start(0);
    }
    this.counts.failuresByReason[reason] = (this.counts.failuresByReason[reason] ?? 0) + 1;
    if (established && status === null) {
      this.counts.broken += 1;
      this.broke({ reason, waitedMs });
    }
    this.start(PAUSE_AFTER_FAILURE_MS);
  }
}
