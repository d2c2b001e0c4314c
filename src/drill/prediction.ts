import type { DrillLoad, Prediction } from './drill-report.js';
import type { FaultTarget } from './fault.js';

/*
 * What the timers alone say about an outage window. The lower bound is luck, the upper one is bad luck with the moment;
 * neither has a reserve for what machines need beside the timers.
 */

/** So long docker/keepalived/ask-haproxy looks at an HAProxy that does not move, and then takes it for hung. */
const STILL_FOR_MS = 80;

/** The prediction that nothing fails: an outage of 0 ms. @param because why, in words */
export function nothing(because: string): Prediction {
  return { fromMs: 0, untilMs: 0, because };
}

/** The master vanished without a goodbye: its peer waits out the master down interval since the last advert. */
export function silentMaster({ cluster, tier, node }: FaultTarget): Prediction {
  const { advertisementIntervalMs } = cluster.profile.vrrp;
  const { masterDownIntervalMs } = successorOf({ cluster, tier, node }).timers;
  return {
    fromMs: masterDownIntervalMs - advertisementIntervalMs,
    untilMs: masterDownIntervalMs,
    because: `master down interval ${round(masterDownIntervalMs)} ms, since the last advert (every ${advertisementIntervalMs} ms)`,
  };
}

/** The carrier is gone, and the switch with it forgets where the virtual MAC was: with second chance the peer answers. */
export function lostCarrier(target: FaultTarget): Prediction {
  const silent = silentMaster(target);
  if (!hasSecondChance(target)) return silent;
  return {
    fromMs: 0,
    untilMs: silent.untilMs,
    because: `the switch floods, and the peer answers already; at most the ${silent.because}`,
  };
}

/** keepalived becomes a backup, and at its next timer a master again; with second chance the loopback has the address, too. */
export function lostAddress(target: FaultTarget): Prediction {
  if (hasSecondChance(target)) return nothing('the loopback takes what arrives, and keepalived puts the address back');
  const { advertisementIntervalMs } = target.cluster.profile.vrrp;
  return {
    fromMs: 0,
    untilMs: advertisementIntervalMs,
    because: `keepalived puts it back when its next advert is due (every ${advertisementIntervalMs} ms)`,
  };
}

/** HAProxy is gone: its node notices, says goodbye, and the peer waits its skew time. */
export function deadHaproxy(target: FaultTarget): Prediction {
  const { haproxyWatcher, requestIntervalMs, requestFall } = target.cluster.profile.detection;
  const { skewTimeMs } = successorOf(target).timers;
  if (haproxyWatcher)
    return {
      fromMs: 0,
      untilMs: skewTimeMs,
      because: `the kernel tells the watcher, then the skew time ${round(skewTimeMs)} ms`,
    };
  return {
    fromMs: (requestFall - 1) * requestIntervalMs + skewTimeMs,
    untilMs: requestFall * requestIntervalMs + skewTimeMs,
    because: `${requestFall} check(s) of ${requestIntervalMs} ms, then the skew time ${round(skewTimeMs)} ms`,
  };
}

/**
 * HAProxy accepts and does not answer. The watcher sees in the kernel that it cannot, where it sees HAProxy's processes; where it
 * does not, or without a watcher, the question has to time out.
 */
export function hungHaproxy(target: FaultTarget): Prediction {
  const { haproxyWatcher, requestIntervalMs, requestTimeoutMs, requestFall } = target.cluster.profile.detection;
  const { skewTimeMs } = successorOf(target).timers;
  if (haproxyWatcher && target.cluster.hosting !== 'machines') {
    const fromMs = STILL_FOR_MS + skewTimeMs;
    return {
      fromMs,
      untilMs: fromMs + requestIntervalMs,
      because: `a question every ${requestIntervalMs} ms; its processes are still for ${STILL_FOR_MS} ms; then the skew time`,
    };
  }
  const fromMs = (requestFall - 1) * Math.max(requestIntervalMs, requestTimeoutMs) + requestTimeoutMs + skewTimeMs;
  return {
    fromMs,
    untilMs: fromMs + requestIntervalMs,
    because: `${requestFall} check(s) every ${requestIntervalMs} ms, each with a timeout of ${requestTimeoutMs} ms, then the skew time`,
  };
}

/** The service's connections are refused or cut: HAProxy asks another one, or waits until checks take the server out. */
export function deadApp({ cluster }: FaultTarget): Prediction {
  const { redispatch, retryOn, checkIntervalMs, fall } = cluster.profile.haproxy;
  if (redispatch && retryOn.length > 0) return nothing('HAProxy repeats the request at another server');
  return {
    fromMs: (fall - 1) * checkIntervalMs,
    untilMs: fall * checkIntervalMs,
    because: `${fall} failed checks, one every ${checkIntervalMs} ms; until then every second request fails`,
  };
}

/** The service accepts and does not answer. */
export function hungApp({ cluster, tier }: FaultTarget, load: DrillLoad): Prediction {
  const { redispatch, retryOn, checkIntervalMs, checkFastIntervalMs, checkTimeoutMs, fall, serverTimeoutMs } =
    cluster.profile.haproxy;
  const retriesMs = serverTimeoutMs[tier.name];
  if (redispatch && retryOn.includes('response-timeout') && retriesMs < load.timeoutMs)
    return nothing(`HAProxy gives a server ${retriesMs} ms and repeats the request at another one`);
  const detectionMs = checkTimeoutMs + (fall - 1) * (checkFastIntervalMs + checkTimeoutMs);
  return {
    fromMs: detectionMs,
    untilMs: detectionMs + checkIntervalMs,
    because: `${fall} checks, each with a timeout of ${checkTimeoutMs} ms; until then every second client waits in vain`,
  };
}

/** Its virtual IP moves as if it were gone, but its service goes on accepting connections: until its peer tells its HAProxy. */
export function frozenNode(target: FaultTarget, load: DrillLoad): Prediction {
  const [router, app] = [silentMaster(target), hungApp(target, load)];
  if (target.cluster.profile.haproxy.markSilentMaster) return router;
  return (app.untilMs ?? Infinity) > (router.untilMs ?? Infinity) ? { ...app, fromMs: router.fromMs } : router;
}

/** Whoever is next in line. */
function successorOf({ tier, node }: FaultTarget) {
  const [first, second] = tier.nodes;
  return node === first ? second! : first!;
}

function hasSecondChance({ cluster }: FaultTarget): boolean {
  return cluster.profile.plannedMoves.secondChance && cluster.lan.type === 'bridge';
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
