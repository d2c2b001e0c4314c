import type { Cluster } from '../cluster/cluster.js';

/** From a failure until the node's keepalived knows of it, in milliseconds: luck and bad luck with the moment. */
export interface Detection {
  fromMs: number;
  untilMs: number;
  /** In words. */
  because: string;
}

/** So long docker/keepalived/ask-haproxy looks at an HAProxy that does not move, and then takes it for hung. */
const STILL_FOR_MS = 80;

/** HAProxy has ended: the kernel tells the watcher; without one the question has to fail. */
export function deathDetection({ profile }: Cluster): Detection {
  const { haproxyWatcher, requestIntervalMs, requestFall } = profile.detection;
  if (haproxyWatcher) return { fromMs: 0, untilMs: 0, because: 'the kernel tells the watcher' };
  return {
    fromMs: (requestFall - 1) * requestIntervalMs,
    untilMs: requestFall * requestIntervalMs,
    because: `${requestFall} check(s) of ${requestIntervalMs} ms`,
  };
}

/**
 * HAProxy accepts and does not answer. The watcher sees in the kernel that it cannot, where it sees HAProxy's processes; where it
 * does not, or without a watcher, the question has to time out.
 */
export function hangDetection({ profile, hosting }: Cluster): Detection {
  const { haproxyWatcher, requestIntervalMs, requestTimeoutMs, requestFall } = profile.detection;
  if (haproxyWatcher && hosting !== 'machines') {
    return {
      fromMs: STILL_FOR_MS,
      untilMs: STILL_FOR_MS + requestIntervalMs,
      because: `a question every ${requestIntervalMs} ms; its processes are still for ${STILL_FOR_MS} ms`,
    };
  }
  const fromMs = (requestFall - 1) * Math.max(requestIntervalMs, requestTimeoutMs) + requestTimeoutMs;
  return {
    fromMs,
    untilMs: fromMs + requestIntervalMs,
    because: `${requestFall} check(s) every ${requestIntervalMs} ms, each with a timeout of ${requestTimeoutMs} ms`,
  };
}
