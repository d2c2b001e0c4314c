import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { onceEstablished, openConnection, requestText } from './http-connection.js';
import { answerOf, HttpResponseReader } from './http-response.js';
import type { KeepAliveCounts, ProbeBreakage } from './probe-event.js';
import { roundMs } from './probe-tally.js';
import type { ProbeTarget } from './probe-target.js';

export interface KeepAliveSettings {
  connections: number;
  /** How often each connection sends a request; a request still outstanding by then is not overtaken, that turn is left out. */
  intervalMs: number;
  /** After how long without an answer a connection counts as broken. */
  timeoutMs: number;
}

/**
 * A client's pooled connection: one request after the other, opened again with the next request when it was closed or
 * broke. Adds to the counts that it shares with the other connections.
 */
export class KeepAliveConnection {
  private readonly request: string;
  private socket: Socket | undefined;
  private established = false;
  private establishedBefore = false;
  private outstanding: { sentMs: number; response: HttpResponseReader; timer: NodeJS.Timeout } | undefined;
  private turn: NodeJS.Timeout | undefined;
  private stopped: (() => void) | undefined;

  /** @param broke told of each breakage: its reason, and how long the outstanding request had waited */
  constructor(
    private readonly target: ProbeTarget,
    private readonly settings: KeepAliveSettings,
    private readonly counts: KeepAliveCounts,
    private readonly broke: (breakage: Pick<ProbeBreakage, 'reason' | 'waitedMs'>) => void,
  ) {
    this.request = requestText(target, 'keep-alive');
  }

  /** @param firstMs when the first request is due, in ms from now: spreads the connections over the interval */
  start(firstMs: number): void {
    const startMs = performance.now() + firstMs;
    let turn = 0;
    const arm = () => {
      const dueMs = startMs + turn * this.settings.intervalMs;
      // Sockets are read before a turn is taken (see fresh-request.ts): a close that is already here must be seen.
      this.turn = setTimeout(() => setImmediate(takeTurn), Math.max(1, dueMs - performance.now()));
    };
    const takeTurn = () => {
      if (this.stopped) return;
      if (!this.outstanding) this.send();
      const nextTurn = Math.floor((performance.now() - startMs) / this.settings.intervalMs) + 1;
      turn = Math.max(turn + 1, nextTurn);
      arm();
    };
    arm();
  }

  /** Sends nothing more; resolves when the outstanding request, if any, has ended and the connection is closed. */
  stop(): Promise<void> {
    clearTimeout(this.turn);
    return new Promise((resolve) => {
      this.stopped = resolve;
      if (!this.outstanding) this.requestEnded();
    });
  }

  private send(): void {
    this.counts.requests += 1;
    this.socket ??= this.open();
    this.socket.write(this.request);
    const giveUp = () => {
      if (this.outstanding?.timer === timer) this.fail(this.established ? 'timeout' : 'connect-timeout');
    };
    const timer = setTimeout(() => setImmediate(giveUp), this.settings.timeoutMs);
    this.outstanding = { sentMs: performance.now(), response: new HttpResponseReader(), timer };
  }

  private open(): Socket {
    const socket = openConnection(this.target, (text) => {
      // Unasked-for, such as HAProxy's 408 on an idle connection: the server is about to close it.
      if (!this.outstanding) return this.close();
      this.outstanding.response.push(text);
      this.endIfRead();
    });
    onceEstablished(socket, () => {
      this.established = true;
      if (this.establishedBefore) this.counts.reopened += 1;
      this.establishedBefore = true;
    });
    socket.on('end', () => {
      if (!this.outstanding) return this.close();
      const { response } = this.outstanding;
      response.close();
      this.endIfRead();
      if (this.outstanding) this.fail(response.begun ? 'closed-mid-response' : 'closed-before-response');
    });
    socket.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => this.fail(code));
    return socket;
  }

  private endIfRead(): void {
    const { response, sentMs } = this.outstanding!;
    if (response.state === 'malformed') return this.fail('bad-response');
    if (response.state === 'incomplete') return;
    const { reason } = answerOf(response);
    if (reason === null) {
      this.counts.worstLatencyMs = Math.max(this.counts.worstLatencyMs ?? 0, roundMs(performance.now() - sentMs));
    } else {
      this.countFailure(reason);
    }
    if (response.closes) this.close();
    this.requestEnded();
  }

  /** The connection has failed. It has broken only if it was ever there. */
  private fail(reason: string): void {
    const waitedMs = this.outstanding ? roundMs(performance.now() - this.outstanding.sentMs) : null;
    if (this.outstanding) this.countFailure(reason);
    if (this.established) {
      this.counts.broken += 1;
      this.broke({ reason, waitedMs });
    }
    this.close();
    this.requestEnded();
  }

  private countFailure(reason: string): void {
    this.counts.failed += 1;
    this.counts.failuresByReason[reason] = (this.counts.failuresByReason[reason] ?? 0) + 1;
  }

  private requestEnded(): void {
    clearTimeout(this.outstanding?.timer);
    this.outstanding = undefined;
    if (!this.stopped) return;
    this.close();
    this.stopped();
  }

  private close(): void {
    this.socket?.destroy();
    this.socket = undefined;
    this.established = false;
  }
}
