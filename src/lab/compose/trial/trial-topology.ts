import { NODE_LABEL, ROLE_LABEL } from '../node-containers.js';

/** A pair of the user's, as containers are made of it. */
export interface TrialPods {
  release: TrialRelease;
  lan: { subnet: string; gateway: string; dynamicRange: string; serversAddress: string };
  /** Of the virtual routers that are drilled. */
  virtualIps: string[];
  nodes: TrialPod[];
  /** HAProxy's file of what answers for servers, and the addresses that it answers at. */
  servers: { configuration: string; addresses: string[] } | undefined;
  hosts: Record<string, string>;
}

export interface TrialPod {
  name: string;
  address: string;
  /** That of the LAN first. */
  interfaces: string[];
  users: string[];
  /** Paths of certificates that are to be made. */
  certificates: string[];
  /** A folder of this host's with the node's files as a tree. */
  input: string;
  /** HAProxy's file of what answers on ports of the node itself. */
  servers: string;
  bindsNonlocal: boolean;
}

/** Of Debian: HAProxy 3.0 and keepalived 2.3, or 2.6 and 2.2. */
export const TRIAL_RELEASES = ['trixie', 'bookworm'] as const;
export type TrialRelease = (typeof TRIAL_RELEASES)[number];

export function trialImage(release: TrialRelease): string {
  return `ha-demo/try:${release}`;
}

/** Of the container that answers for servers. */
export const SERVERS_ROLE = 'servers';

/** @returns a Compose file, as JSON, in which a node is a set of containers as in the lab's own */
export function trialTopology({ release, lan, virtualIps, nodes, servers, hosts }: TrialPods): string {
  const image = trialImage(release);
  const routes = (servers?.addresses ?? []).join(' ');
  const services: [string, object][] = nodes.flatMap((node) => podOf(node, image, virtualIps, routes, hosts));
  if (servers) services.push(['ha-demo-servers', serversOf(servers, image, lan.serversAddress)]);
  const text = JSON.stringify(
    {
      services: Object.fromEntries(services),
      networks: {
        lan: {
          driver: 'bridge',
          // This host has no address there, and so no route: nobody's real hosts are hidden from it, and there is no way out. An
          // `internal` network would do the same, and drops multicast.
          driver_opts: {
            'com.docker.network.bridge.inhibit_ipv4': 'true',
            'com.docker.network.bridge.enable_ip_masquerade': 'false',
          },
          ipam: { config: [{ subnet: lan.subnet, gateway: lan.gateway, ip_range: lan.dynamicRange }] },
        },
      },
      volumes: Object.fromEntries<object>(
        nodes.map(({ name }) => [
          `run-${name}`,
          { driver_opts: { type: 'tmpfs', device: 'tmpfs', o: 'size=16m,mode=0755' } },
        ]),
      ),
    },
    null,
    2,
  );
  // Compose puts variables in place of names after a dollar sign.
  return text.replaceAll('$', '$$$$');
}

function podOf(
  node: TrialPod,
  image: string,
  virtualIps: string[],
  routes: string,
  hosts: Record<string, string>,
): [string, object][] {
  const { name, address, interfaces, users, certificates, input, bindsNonlocal } = node;
  const common = {
    image,
    environment: {
      TRY_INTERFACES: interfaces.join(' '),
      TRY_USERS: users.join(' '),
      TRY_CERTIFICATES: certificates.join('\n'),
      TRY_VIRTUAL_IPS: virtualIps.join(' '),
      TRY_ROUTES: routes,
    },
    volumes: [
      // Of several containers that begin at once, one alone could fill it with what the image has there.
      { type: 'volume', source: `run-${name}`, target: '/run', volume: { nocopy: true } },
      { type: 'bind', source: input, target: '/input', read_only: true },
    ],
    logging: { driver: 'local' },
    stop_grace_period: '5s',
  };
  const part = (role: string, more: object = {}): [string, object] => [
    `${name}-${role}`,
    {
      ...common,
      command: [role],
      network_mode: `service:${name}`,
      pid: `service:${name}`,
      depends_on: { [name]: { condition: 'service_started', restart: true } },
      labels: { [ROLE_LABEL]: role, [NODE_LABEL]: name },
      ...more,
    },
  ];
  const [lastApp, app] = part('app', {
    command: ['servers'],
    // Its HAProxy is none of the node's.
    pid: undefined,
    environment: { TRY_SERVERS: node.servers },
  });
  return [
    [
      name,
      {
        ...common,
        command: ['node'],
        init: true,
        cap_add: ['NET_ADMIN'],
        hostname: name,
        extra_hosts: hosts,
        networks: { lan: { ipv4_address: address } },
        ...(bindsNonlocal && { sysctls: { 'net.ipv4.ip_nonlocal_bind': 1 } }),
        labels: { [ROLE_LABEL]: 'node', [NODE_LABEL]: name },
      },
    ],
    [lastApp, app],
    part('haproxy'),
    part('keepalived', { cap_add: ['NET_ADMIN', 'NET_RAW', 'SYS_NICE'] }),
  ];
}

function serversOf(
  { configuration, addresses }: NonNullable<TrialPods['servers']>,
  image: string,
  address: string,
): object {
  return {
    image,
    command: ['servers'],
    cap_add: ['NET_ADMIN'],
    networks: { lan: { ipv4_address: address } },
    environment: {
      TRY_SERVERS: configuration,
      TRY_ADDRESSES: addresses.join(' '),
    },
    labels: { [ROLE_LABEL]: SERVERS_ROLE },
  };
}
