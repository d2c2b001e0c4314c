import type { HaproxyModel } from '../configuration/haproxy/model.js';
import type { HaproxyTree } from '../configuration/haproxy/tree.js';
import type { KeepalivedModel, VrrpInstance } from '../configuration/keepalived/model.js';
import type { KeepalivedTree } from '../configuration/keepalived/tree.js';
import type { ReadingProblem } from '../configuration/source.js';
import type { SaidByPrograms } from './programs/complaints.js';
import type { Sight } from './sight.js';

/** The configurations of all nodes, as far as they are there. */
export interface CheckedCluster {
  nodes: CheckedNode[];
  /** Text of each file that was read, by the name that positions have. */
  texts: ReadonlyMap<string, string>;
  /** Undefined when HAProxy and keepalived were not asked. */
  said?: SaidByPrograms;
}

export interface CheckedNode {
  name: string;
  /** Of its files; undefined for a node that is one file. */
  folder: string | undefined;
  keepalived: { file: string; tree: KeepalivedTree; model: KeepalivedModel } | undefined;
  /** One object for all nodes that share the file. */
  haproxy: { file: string; tree: HaproxyTree; model: HaproxyModel } | undefined;
  /** Other files of the node, such as scripts: path as keepalived.conf may name it -> text. */
  otherFiles: ReadonlyMap<string, string>;
  /** What checks are known to find out, by their names, where their commands and files do not tell. */
  knownSights: ReadonlyMap<string, Sight>;
  /** net.ipv4.ip_nonlocal_bind=1 stands in a file of the node. */
  bindsNonlocal: boolean;
}

/** A virtual router, and the instances of it on all nodes. */
export interface VirtualRouter {
  /** The name of its first instance, and its id. */
  label: string;
  key: string;
  members: Member[];
}

export interface Member {
  node: CheckedNode;
  instance: VrrpInstance;
}

/**
 * Instances with the same id and address family are one virtual router. Where a node has an id more than once, the interface tells
 * them apart, and whether and to whom they send by unicast or multicast (vrrp.c: check_vrid_conflicts).
 */
export function virtualRoutersOf({ nodes }: CheckedCluster): VirtualRouter[] {
  const routers = new Map<string, VirtualRouter>();
  const all = nodes.flatMap((node) => (node.keepalived?.model.instances ?? []).map((instance) => ({ node, instance })));
  const timesOnNode = (key: string) =>
    Math.max(...nodes.map((node) => all.filter((member) => member.node === node && idOf(member) === key).length));
  const isRepeated = new Map([...new Set(all.map(idOf))].map((key) => [key, timesOnNode(key) > 1]));
  for (const member of all) {
    const { instance } = member;
    if (!instance.virtualRouterId) continue;
    const id = idOf(member);
    const key = isRepeated.get(id) ? `${id} ${instance.interface?.value ?? ''} ${wayOf(member)}` : id;
    const label = `${instance.name} (router id ${instance.virtualRouterId.value})`;
    const router = routers.get(key) ?? { key, label, members: [] };
    router.members.push(member);
    routers.set(key, router);
  }
  return [...routers.values()];
}

function idOf({ instance }: Member): string {
  return `${instance.virtualRouterId?.value}/${instance.family}`;
}

function wayOf({ instance: { unicastPeers, unicastSource, multicastGroup } }: Member): string {
  const peers = unicastPeers?.map(({ value }) => value) ?? [];
  return unicastPeers ? [...new Set([unicastSource?.value ?? '', ...peers])].toSorted().join() : multicastGroup;
}

/** Whether there is what a rule needs: what HAProxy and keepalived say is known when they were asked. */
export function isJudged({ isOfPrograms }: { isOfPrograms?: true }, { said }: CheckedCluster): boolean {
  return !isOfPrograms || said !== undefined;
}

/** Each file once, however many nodes share it. */
export function haproxyFiles({
  nodes,
}: CheckedCluster): { tree: HaproxyTree; model: HaproxyModel; nodes: CheckedNode[] }[] {
  const files = new Map<HaproxyModel, { tree: HaproxyTree; model: HaproxyModel; nodes: CheckedNode[] }>();
  for (const node of nodes) {
    if (!node.haproxy) continue;
    const file = files.get(node.haproxy.model) ?? { ...node.haproxy, nodes: [] };
    file.nodes.push(node);
    files.set(node.haproxy.model, file);
  }
  return [...files.values()];
}

/** What could not be understood, in all files, each place once. */
export function notUnderstoodIn(cluster: CheckedCluster): ReadingProblem[] {
  const all = [
    ...cluster.nodes.flatMap(({ keepalived }) =>
      keepalived ? [...keepalived.tree.notUnderstood, ...keepalived.model.notUnderstood] : [],
    ),
    ...haproxyFiles(cluster).flatMap(({ tree, model }) => [...tree.notUnderstood, ...model.notUnderstood]),
  ];
  return [...new Map(all.map((one) => [`${one.position.file}:${one.position.line} ${one.text}`, one])).values()];
}
