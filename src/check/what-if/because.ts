import { vrrpTimers } from '../../cluster/vrrp-timers.js';
import { effective, OWNER } from '../../vrrp/member.js';
import { listensOnVirtualIp } from '../virtual-ip-binds.js';
import type { TrackedCheck } from '../tracks.js';
import type { MemberRouter } from './routers.js';

/**
 * The arithmetic of a takeover.
 * @param how what made the others hear of it; undefined when they only hear nothing more
 */
export function takeoverText(
  routers: MemberRouter[],
  { router: { virtualRouter, advertisementIntervalMs } }: MemberRouter,
  newMaster: string,
  how?: string,
): string {
  const { router } = routers.find((one) => one.node.name === newMaster && one.router.virtualRouter === virtualRouter)!;
  const intervalMs = router.version === 3 ? advertisementIntervalMs : router.advertisementIntervalMs;
  const { skewTimeMs } = vrrpTimers(router.version, intervalMs, effective({ router, priority: router.priority }));
  const skew = `${Math.round(skewTimeMs * 10) / 10} ms`;
  if (how?.endsWith('priority 0')) return `${how}, then the skew time of ${newMaster}, ${skew}`;
  const delay = router.preemptDelayMs > 0 && how !== undefined ? `${router.preemptDelayMs} ms preempt_delay + ` : '';
  const sum = `${delay}${router.downTimerAdverts} x ${intervalMs} ms + ${skew}`;
  return how === undefined ? `${sum}, less what has passed since the last advert` : `${how}: ${sum}`;
}

/** Why a master that has failed is not replaced. */
export function whyNobody(member: MemberRouter, routers: MemberRouter[], checks: TrackedCheck[]): string {
  const others = routers.filter((one) => one !== member && one.router.virtualRouter === member.router.virtualRouter);
  if (others.length === 0) return 'no other node has this virtual router';
  const stuck = others.filter(({ node, instance }) => listensOnVirtualIp(node, instance));
  if (stuck.length === others.length)
    return `HAProxy is not running on ${stuck.map(({ node }) => node.name).join(', ')}, since it binds the virtual IP: no node can take over`;
  if (checks.length === 0) return 'nothing that is tracked notices it';
  const { priority } = member.router;
  const weight = checks.reduce((sum, one) => sum + Math.abs(one.weight), 0);
  const lowered = Math.max(1, priority - weight);
  const [next] = others.toSorted((one, other) => other.router.priority - one.router.priority);
  if (priority === OWNER) return 'a priority of 255 is the owner of the address: no check lowers it';
  if (lowered < next!.router.priority && !next!.router.preempts)
    return `${next!.node.name} hears adverts of priority ${lowered} and, with nopreempt, goes on as backup`;
  if (lowered < next!.router.priority) return 'no other node is able to take over';
  const sign = lowered === next!.router.priority ? '=' : '>';
  return `${priority} - ${weight} = ${lowered} ${sign} ${next!.router.priority}`;
}
