/**
 * What the probe says: each event is one line of JSON on its standard output. Times (`dueMs`, `atMs`, `fromMs`) are
 * milliseconds since the start, on the monotonic clock, to the microsecond.
 */
export type ProbeEvent = ProbeStarted | ProbeSampleEvent | ProbeBreakage | ProbeTick | ProbeSummary;

export interface ProbeStarted {
  event: 'started';
  /** The start, in ms since 1970. */
  wallClockMs: number;
  /** The start on CLOCK_MONOTONIC, which all containers of one host share: it places the samples beside other events. */
  monotonicMs: number;
  url: string;
  ratePerSecond: number;
  durationMs: number;
  timeoutMs: number;
}

export interface Answer {
  /**
   * - `ok`: status 200 and a JSON object.
   * - `failed`: any other answer, or none within the timeout.
   * - `unsent`: the prober itself was too late, or short of ports, memory or file descriptors. Says nothing about the
   *   service: neither good nor bad.
   */
  outcome: 'ok' | 'failed' | 'unsent';
  /**
   * Null when ok. Else `connect-timeout`, `timeout`, `closed-before-response`, `closed-mid-response`, `status-<code>`
   * (and after `: ` the body's `error`, where it has one: it tells HAProxy's refusal from a service's), `bad-response`
   * (not HTTP), `bad-body` (200, but not a JSON object), `prober-late` (unsent), or the system's error code, such as
   * `ECONNREFUSED`, `ECONNRESET`, `EHOSTUNREACH`.
   */
  reason: string | null;
  status: number | null;
  /** The names in the answer's body; null when it has none. */
  frontend: string | null;
  backend: string | null;
}

/** A request on a fresh connection. */
export interface ProbeSample extends Answer {
  dueMs: number;
  /** How late the prober was in sending it. Included in `latencyMs`. */
  lateMs: number;
  /** From the due time to the end of the answer, or to the failure; null when unsent. */
  latencyMs: number | null;
}

export interface ProbeSampleEvent extends ProbeSample {
  event: 'sample';
}

/** A connection that broke; see KeepAliveCounts and DownloadCounts. */
export interface ProbeBreakage {
  event: 'broken';
  kind: 'keep-alive' | 'download';
  atMs: number;
  /** 0 to connections - 1, of its kind. */
  connection: number;
  /** As in Answer. */
  reason: string;
  /** How long the outstanding request had waited, or a download had heard nothing, by then; null when there was none. */
  waitedMs: number | null;
}

/** Once a second. */
export interface ProbeTick extends SampleCounts {
  event: 'tick';
  atMs: number;
  keepAlive: KeepAliveCounts;
  downloads: DownloadCounts;
}

export interface SampleCounts {
  /** Requests that left the prober: ok + failed. Counted when they end. */
  sent: number;
  ok: number;
  failed: number;
  unsent: number;
}

export interface KeepAliveCounts {
  connections: number;
  requests: number;
  /** Requests without a good answer, those on a broken connection and those that found no connection included. */
  failed: number;
  failuresByReason: Record<string, number>;
  /**
   * Established connections that were reset at any time, or that were closed, answered nonsense or said nothing until
   * the timeout while a request was outstanding (also when the close crossed the request on its way). A server that
   * closes after an answer with `Connection: close`, or while nothing is outstanding, is polite: not broken.
   */
  broken: number;
  /** Connections established anew after a break or a polite close. */
  reopened: number;
  /** The slowest good answer, from the moment its request was sent; null when there was none. */
  worstLatencyMs: number | null;
}

/** Of answers that take 3 s. Those that the end of the probe has cut short are in none of the counts. */
export interface DownloadCounts {
  connections: number;
  completed: number;
  /**
   * Once their connection was established: reset, closed early, malformed, silent for the longer of 1 s and the probe's timeout, or
   * not complete after 10 s.
   */
  broken: number;
  /** The broken ones, those that found no connection, and those that were answered with something else. */
  failuresByReason: Record<string, number>;
}

export interface Distribution {
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  maxMs: number;
}

export interface ProbeSummary extends SampleCounts {
  event: 'summary';
  /** How long requests were due: the duration asked for, or less when the probe was stopped. */
  durationMs: number;
  failuresByReason: Record<string, number>;
  unsentByReason: Record<string, number>;
  /** Good answers by who gave them. */
  answersByFrontend: Record<string, number>;
  answersByBackend: Record<string, number>;
  longestGap: Gap;
  /** Of the good answers, from their due time; null when there were none. */
  latency: Distribution | null;
  /**
   * How late requests were sent, unsent ones included: the prober's own jitter, and so the resolution of everything
   * else. Null when nothing was due.
   */
  lateness: Distribution | null;
  keepAlive: KeepAliveCounts;
  downloads: DownloadCounts;
}

/**
 * The longest time without a good answer: between the ends of two good answers that follow each other, from the start
 * to the first one, or from the last one to the end of the schedule. About 1 / rate plus jitter when nothing happens.
 * It is the Time-Based Loss Method of RFC 6414, on answers instead of packets. A stall of the prober widens it as an
 * outage does: read it beside `lateness` and `unsent`.
 */
export interface Gap {
  fromMs: number;
  gapMs: number;
}
