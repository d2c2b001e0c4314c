import {
  type CheckedCluster,
  type CheckedNode,
  type VirtualRouter,
  virtualRoutersOf,
} from '../check/checked-cluster.js';
import { InvalidInputError } from '../common/errors.js';
import { syncGroupWith, type VrrpInstance } from '../configuration/keepalived/model.js';
import type { Addresses } from './addresses.js';
import { type Asked, askedAt, type Wish } from './asked.js';

/** What Compose takes for a name. */
const NAME = /^[A-Za-z0-9][\w.-]*$/;

/** A virtual router that is drilled. */
export interface TriedRouter {
  id: number;
  label: string;
  virtualIp: string;
  asked: Asked;
}

/** Of those that most nodes share the first one that clients can ask. @throws InvalidInputError when there is none */
export function firstRouterOf(
  cluster: CheckedCluster,
  wish: Wish | undefined,
  runsElsewhere: boolean,
): { router: VirtualRouter; tried: TriedRouter } {
  const routers = virtualRoutersOf(cluster).toSorted((one, other) => other.members.length - one.members.length);
  if (!routers[0])
    throw new InvalidInputError(`${firstFileOf(cluster)}: no vrrp_instance with a virtual_router_id in it`);
  const largest = routers.filter(({ members }) => members.length === routers[0]!.members.length);
  const refusals: InvalidInputError[] = [];
  for (const router of largest) {
    try {
      return { router, tried: triedRouter(router, wish, runsElsewhere) };
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      refusals.push(error);
    }
  }
  throw refusals[0]!;
}

/** @throws InvalidInputError for what is in the way of its drills */
function triedRouter({ label, members }: VirtualRouter, wish: Wish | undefined, runsElsewhere: boolean): TriedRouter {
  const [first] = members;
  const virtualIp = first!.instance.virtualIps[0];
  if (!virtualIp) throw refusal(first!.instance.position, `${first!.instance.name} has no virtual_ipaddress`);
  if (first!.instance.family === 6)
    throw refusal(virtualIp.position, `${virtualIp.value} is IPv6, which try does not run`);
  for (const { node, instance } of members) {
    if (!runsElsewhere) assertOnOneInterface(node, instance);
    if (!node.haproxy) throw refusal(instance.position, `${node.name} has no haproxy.cfg`);
    else if (!NAME.test(node.name))
      throw new InvalidInputError(`${node.name}: the name of a node is letters, digits, -, _ and .; rename its folder`);
  }
  const proxies = members.flatMap(({ node }) => node.haproxy!.model.proxies);
  const asked = askedAt(virtualIp.value, proxies, wish);
  if (!asked && wish?.virtualIp !== undefined && wish.virtualIp !== virtualIp.value)
    throw new InvalidInputError(`--ask: ${wish.virtualIp} is not ${virtualIp.value}, the virtual IP of ${label}`);
  if (!asked) {
    const front = proxies.find(({ kind, binds }) => kind !== 'backend' && binds.length > 0);
    throw refusal(
      front?.position ?? { file: first!.node.haproxy!.file, line: 1 },
      wish
        ? `no frontend at ${virtualIp.value} that leads to servers has port ${wish.port} ${wish.scheme === 'https' ? 'with' : 'without'} ssl, which --ask wants`
        : `no frontend at ${virtualIp.value} leads to servers, which is what try can ask`,
    );
  }
  return { id: first!.instance.virtualRouterId!.value, label, virtualIp: virtualIp.value, asked };
}

/** Those beside the first one that can be drilled, too. @param differences what is to be said of the rest is added to it */
export function otherRoutersOf(
  cluster: CheckedCluster,
  first: VirtualRouter,
  wish: Wish | undefined,
  addresses: Addresses,
  differences: string[],
  runsElsewhere: boolean,
): TriedRouter[] {
  const homes = new Map(first.members.map(({ node, instance }) => [node, instance.interface?.value]));
  return virtualRoutersOf(cluster).flatMap((router) => {
    const own = router.members.filter(({ node }) => homes.has(node));
    if (router.key === first.key || own.length === 0) return [];
    const say = (why: string) => differences.push(`${router.label}: runs, and is not drilled: ${why}`);
    try {
      const tried = triedRouter(router, wish, runsElsewhere);
      if (own.length < router.members.length) say('not all of its nodes run');
      else if (own.some(({ node, instance }) => instance.interface?.value !== homes.get(node)))
        say(`it is not on the interface of ${first.label}`);
      else if (!runsElsewhere && !addresses.isOnLan(tried.virtualIp))
        say(`${tried.virtualIp} is not on ${addresses.lan}`);
      else return [tried];
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      say(error.message);
    }
    return [];
  });
}

/** Other interfaces lead nowhere: keepalived has an instance there in FAULT, and its sync group with it. */
function assertOnOneInterface({ name, keepalived }: CheckedNode, instance: VrrpInstance): void {
  const { group, others } = syncGroupWith(instance, keepalived!.model);
  const elsewhere = others.find((other) => other.interface?.value !== instance.interface?.value);
  if (group && elsewhere)
    throw refusal(
      group.position,
      `on ${name} ${group.name} holds ${instance.name} and ${elsewhere.name} together, which are on different interfaces; try has one`,
    );
}

function firstFileOf({ nodes }: CheckedCluster): string {
  return nodes[0]?.keepalived?.file ?? nodes[0]?.haproxy?.file ?? nodes[0]?.name ?? '';
}

export function refusal({ file, line }: { file: string; line: number }, why: string): InvalidInputError {
  return new InvalidInputError(`${file}:${line}: ${why}`);
}
