import {
  type Cluster,
  type Node,
  nodesOf,
  secondChanceWanted,
  type Tier,
  tierOf,
  virtualUrl,
} from '../cluster/cluster.js';
import { DETECTORS, HAPROXY_SOCKETS, MONITOR_URI, MOVE_VIP_STEP_MS, proxyNames, RUN_FOLDER } from '../node/contract.js';

/*
 * What the templates see. Every value is ready to be printed: templates hold no arithmetic.
 */

/** How much longer than its own deadlines a container may take to stop before it is killed. */
const STOP_MARGIN_SECONDS = 3;

/** What a slow machine may take on top of that, before systemd ends it. */
const SLOW_MACHINE_MARGIN_SECONDS = 10;

export function nodeView(cluster: Cluster, node: Node) {
  const { vrrp, detection, plannedMoves, haproxy, service } = cluster.profile;
  const tier = tierOf(cluster, node.tier);
  const onHost = cluster.hosting === 'machines';
  return {
    node,
    tier,
    profileName: cluster.profileName,
    onHost,
    // `short` has the level in front of each line, which the host's journal takes from there.
    logFormat: onHost ? 'short' : 'raw',
    lanInterface: cluster.lan.interface,
    ports: cluster.ports,
    monitorUri: MONITOR_URI,
    sockets: HAPROXY_SOCKETS,
    proxies: proxyNames(tier.name),
    detectors: Object.keys(DETECTORS).join(' '),
    moveVipStepMs: MOVE_VIP_STEP_MS,
    servers: tier.nodes,
    peerAddresses: node.peers.map((peer) => peer.address).join(' '),
    peerServers: node.peers.map(({ name, address }) => `${name}:${address}`).join(' '),
    trackFiles: [
      ...Object.keys(DETECTORS).map((name) => trackFile(name, 0)),
      // 1 until the service of a node that has just started is up: its priority is below all that serve until then.
      trackFile('node-starting', -tier.nodes.length),
    ],
    vrrp: {
      version: vrrp.version,
      advertisementIntervalMs: vrrp.advertisementIntervalMs,
      advertisementIntervalSeconds: vrrp.advertisementIntervalMs / 1000,
      preempt: vrrp.preempt,
      preemptOnceServing: onOff(vrrp.preemptOnceServing),
      niceness: vrrp.niceness,
      unicast: vrrp.peers === 'unicast',
      // With unicast, or without a virtual MAC, adverts carry the node's own MAC; and a kernel of CentOS 7 ignores a second
      // gratuitous ARP within 1 s.
      refreshesArp: vrrp.peers === 'unicast' || !tier.virtualRouter.usesVirtualMac || onHost,
    },
    detection: {
      haproxyWatcher: detection.haproxyWatcher,
      requestIntervalMs: detection.requestIntervalMs,
      requestTimeoutMs: detection.requestTimeoutMs,
      requestIntervalSeconds: detection.requestIntervalMs / 1000,
      requestTimeoutSeconds: detection.requestTimeoutMs / 1000,
      requestFall: detection.requestFall,
    },
    plannedMoves: {
      moveVipBeforeStop: onOff(plannedMoves.moveVipBeforeStop),
      secondChance: onOff(secondChanceWanted(cluster)),
      peerTimeoutMs: plannedMoves.peerTimeoutMs,
    },
    haproxy: {
      ...haproxy,
      // Shorter than hard-stop-after, so that a stopping HAProxy cuts no idle connection.
      keepAliveTimeoutMs: Math.min(4000, haproxy.drainMs - 500),
      serverTimeoutMs: haproxy.serverTimeoutMs[node.tier],
      retryOn: haproxy.retryOn.join(' '),
    },
    callsBackend: node.tier === 'frontend',
    service: {
      ...service,
      backendUrl: virtualUrl(cluster, 'backend'),
    },
  };
}

export function gatewayView(cluster: Cluster) {
  return { routes: gatewayRoutes(cluster) };
}

/** @param digest of what a container's definition depends on, beside the template itself */
export function topologyView(cluster: Cluster, digest: (...parts: unknown[]) => string) {
  const hosts = virtualHosts(cluster);
  return {
    hosts,
    nodes: nodesOf(cluster).map((node) => {
      const { name, address } = node;
      const forgets = forgetsClosedConnections(cluster, node);
      return {
        name,
        address,
        forgetsClosedConnections: forgets,
        definition: digest(address, hosts, forgets, cluster.lan.interface),
      };
    }),
    gatewayPorts: gatewayRoutes(cluster).map((route) => route.port),
    definitions: { gateway: digest(gatewayRoutes(cluster)), service: digest(stopGracePeriodSeconds(cluster)) },
    // `parent` is always there, since the templates are strict about names they do not know.
    lan: { ...cluster.lan, parent: cluster.lan.parent ?? '' },
    lanIdentity: lanIdentity(cluster),
    stopGracePeriodSeconds: stopGracePeriodSeconds(cluster),
  };
}

/** Of a virtual machine, or another host. */
export function hostView(cluster: Cluster, node: Node) {
  const stopSeconds = stopGracePeriodSeconds(cluster);
  return {
    node,
    lan: { subnet: cluster.lan.subnet },
    interfaces: ['all', 'default', cluster.lan.interface],
    hosts: [...virtualHosts(cluster), ...nodesOf(cluster).map(({ name, address }) => ({ name, address }))],
    forgetsClosedConnections: forgetsClosedConnections(cluster, node),
    timeoutStopSeconds: {
      app: stopSeconds.app + SLOW_MACHINE_MARGIN_SECONDS,
      haproxy: stopSeconds.haproxy + SLOW_MACHINE_MARGIN_SECONDS,
      keepalived: stopSeconds.keepalived + SLOW_MACHINE_MARGIN_SECONDS,
    },
  };
}

function virtualHosts(cluster: Cluster): { name: string; address: string }[] {
  return cluster.tiers.map((tier) => ({ name: tier.virtualHostName, address: tier.virtualRouter.virtualIp }));
}

/** With more peers nobody could tell the client of a late FIN that its connection is gone. */
function forgetsClosedConnections(cluster: Cluster, node: Node): boolean {
  return secondChanceWanted(cluster) && node.peers.length === 1;
}

function stopGracePeriodSeconds(cluster: Cluster) {
  const { haproxy, service } = cluster.profile;
  return {
    app: wholeSeconds(service.drainMs + 2 * service.closeTimeoutMs),
    haproxy: wholeSeconds(2 * MOVE_VIP_STEP_MS + haproxy.drainMs),
    keepalived: wholeSeconds(2 * MOVE_VIP_STEP_MS),
  };
}

/** What cannot change under a running lab: when this differs, the lab is taken down and started anew. */
export function lanIdentity({ lan }: Cluster): string {
  return [lan.type, lan.parent, lan.subnet, lan.gateway, lan.dynamicRange].filter(Boolean).join('_');
}

function gatewayRoutes(cluster: Cluster): { name: string; port: number; target: string }[] {
  const routeOf = (tier: Tier, port: 'tier' | 'statistics') => ({
    name: `${tier.name}-${port}`,
    port: tier.published[port],
    target: `${tier.virtualRouter.virtualIp}:${cluster.ports[port]}`,
  });
  return cluster.tiers.flatMap((tier) => [routeOf(tier, 'tier'), routeOf(tier, 'statistics')]);
}

function trackFile(name: string, weight: number) {
  return { name: name.replaceAll('-', '_'), path: `${RUN_FOLDER}/${name}`, weight };
}

function onOff(value: boolean): 'on' | 'off' {
  return value ? 'on' : 'off';
}

function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1000) + STOP_MARGIN_SECONDS;
}
