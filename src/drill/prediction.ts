import { type Effect, settle, steadyElection, takeover } from '../vrrp/takeover.js';
import { routersOfTier } from '../vrrp/tier-routers.js';
import { deathDetection, type Detection, hangDetection } from './detection.js';
import type { DrillLoad, Prediction } from './drill-report.js';
import type { FaultTarget } from './fault.js';

/*
 * What the timers alone say about an outage window. The lower bound is luck, the upper one is bad luck with the moment;
 * neither has a reserve for what machines need beside the timers.
 */

/** The prediction that nothing fails: an outage of 0 ms. @param because why, in words */
export function nothing(because: string): Prediction {
  return { fromMs: 0, untilMs: 0, because };
}

/** The master vanished without a goodbye: its peer waits out the master down interval since the last advert. */
export function silentMaster(target: FaultTarget): Prediction {
  const { advertisementIntervalMs } = target.cluster.profile.vrrp;
  const [fromMs, untilMs] = takeoverMs(target, (election) => election.silence(target.node.name));
  return {
    fromMs,
    untilMs,
    because: `master down interval ${round(untilMs)} ms, since the last advert (every ${advertisementIntervalMs} ms)`,
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
  return afterDetection(target, deathDetection(target.cluster));
}

/** HAProxy accepts and does not answer. */
export function hungHaproxy(target: FaultTarget): Prediction {
  return afterDetection(target, hangDetection(target.cluster));
}

function afterDetection(target: FaultTarget, { fromMs, untilMs, because }: Detection): Prediction {
  const [fastestMs, slowestMs] = takeoverMs(target, (election) => election.fault(target.node.name, 'HAProxy'));
  const text = `${because}, then the skew time ${round(slowestMs)} ms`;
  return { fromMs: fromMs + fastestMs, untilMs: untilMs + slowestMs, because: text };
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

/** How long the virtual IP has no master, when the node that something happens to holds it. */
function takeoverMs({ cluster, tier, node }: FaultTarget, effect: Effect): [number, number] {
  const routers = routersOfTier(tier, cluster.profile).map((router) =>
    // A node further down holds the virtual IP when those above it have let it: they do not take it back.
    router.priority > node.priority ? { ...router, preempts: false } : router,
  );
  const above = routers.filter(({ priority }) => priority > node.priority);
  const steady = steadyElection(routers);
  above.forEach(({ id }) => steady.silence(id));
  settle(steady, routers);
  above.forEach(({ id }) => steady.start(id));
  settle(steady, routers);
  const { mastersAfter, withinMs } = takeover(steady, routers, tier.name, effect);
  return withinMs.get(mastersAfter[0]!)!;
}

function hasSecondChance({ cluster }: FaultTarget): boolean {
  return cluster.profile.plannedMoves.secondChance && cluster.lan.type === 'bridge';
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
