import { isIPv4 } from 'node:net';
import { syncGroupWith, type VrrpInstance } from '../../configuration/keepalived/model.js';
import { OWNER } from '../../vrrp/member.js';
import type { Router } from '../../vrrp/router.js';
import { type CheckedCluster, type Member, virtualRoutersOf } from '../checked-cluster.js';
import { tracksOf } from '../tracks.js';

export interface MemberRouter extends Member {
  router: Router;
}

/** The routers of an election between all nodes, while every check of theirs is good. */
export function routersOf(cluster: CheckedCluster): MemberRouter[] {
  const members = virtualRoutersOf(cluster).flatMap(({ key, members }) =>
    members.map((member) => ({ key, ...member })),
  );
  const instances = new Map<Router, VrrpInstance>();
  return members.map(({ key, node, instance }, at) => {
    const bonus = bonusOf({ node, instance });
    const router: Router = {
      id: `${node.name} ${instance.name}`,
      node: node.name,
      virtualRouter: key,
      version: instance.version,
      priority: instance.priority.value === OWNER ? OWNER : instance.priority.value + bonus,
      advertisementIntervalMs: instance.advertisementIntervalMs.value,
      downTimerAdverts: instance.downTimerAdverts,
      preempts: preempts(instance),
      preemptDelayMs: instance.startsAsMaster ? 0 : (instance.preemptDelayMs?.value ?? 0),
      answersLowerPriority: instance.answersLowerPriority,
      rank: rankOf(instance, -at),
      syncGroup: syncGroupWith(instance, node.keepalived!.model).group?.name,
      hears: (sender) => hears(instance, instances.get(sender)!),
    };
    instances.set(router, instance);
    return { node, instance, router };
  });
}

/** What checks add while they are good. The number in a file is its writer's: it is taken for 0. */
function bonusOf({ node, instance }: Member): number {
  const checks = tracksOf(node, instance).filter(({ check }) => check.kind !== 'file');
  const interfaces = instance.tracks.filter(({ kind }) => kind === 'interface');
  return [...checks, ...interfaces].reduce((sum, { weight = 0 }) => sum + Math.max(0, weight), 0);
}

/** keepalived ignores nopreempt, and a delay, where it is to start as master (vrrp.c: vrrp_complete_instance). */
function preempts({ nopreempt, startsAsMaster, priority }: VrrpInstance): boolean {
  return nopreempt === undefined || startsAsMaster || priority.value === OWNER;
}

/** Addresses are compared as numbers; where they are not known, the earlier node is taken for the higher one. */
function rankOf({ unicastSource }: VrrpInstance, otherwise: number): number {
  if (!unicastSource || !isIPv4(unicastSource.value)) return otherwise;
  return unicastSource.value.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

/** Whether an advert arrives and is not discarded (keepalived/vrrp/vrrp.c: vrrp_in_chk). */
export function hears(receiver: VrrpInstance, sender: VrrpInstance): boolean {
  return reachesPeer(sender, receiver) && acceptsAdverts(receiver, sender);
}

/** Whether what is sent gets to the other node: by multicast, or because its address is among the peers. */
export function reachesPeer(sender: VrrpInstance, receiver: VrrpInstance): boolean {
  if ((sender.unicastPeers === undefined) !== (receiver.unicastPeers === undefined)) return false;
  if (!sender.unicastPeers && sender.multicastGroup !== receiver.multicastGroup) return false;
  if (!sender.unicastPeers || !receiver.unicastSource) return true;
  return sender.unicastPeers.some(({ value }) => value === receiver.unicastSource!.value);
}

function acceptsAdverts(receiver: VrrpInstance, sender: VrrpInstance): boolean {
  if (receiver.version !== sender.version) return false;
  if (receiver.checksUnicastSource && receiver.unicastPeers && sender.unicastSource) {
    if (!receiver.unicastPeers.some(({ value }) => value === sender.unicastSource!.value)) return false;
  }
  if (receiver.version === 3) return true;
  return (
    receiver.advertisementIntervalMs.value === sender.advertisementIntervalMs.value && authenticates(receiver, sender)
  );
}

/** With version 2 both the kind and the first eight characters of the password have to be the same. */
export function authenticates(receiver: VrrpInstance, sender: VrrpInstance): boolean {
  const [own, other] = [receiver, sender].map(({ authentication }) =>
    authentication ? `${authentication.type} ${authentication.password.value.slice(0, 8)}` : '',
  );
  return own === other;
}
