/*
 * What the programs of a node share: files, and times that more than one of them goes by. Scripts get it rendered, as
 * node.env.
 */

/** What runs on a node: the NestJS service of its tier (`app`), HAProxy and keepalived. Each can be stopped alone. */
export const SERVICE_NAMES = ['app', 'haproxy', 'keepalived'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** What is rendered: by node, by host. The same in a container and on a machine. */
export const CONFIGURATION_FOLDER = '/etc/ha-demo';
/** What the node's programs tell each other; docs/architecture.md says who writes and who reads which file. */
export const RUN_FOLDER = '/run/ha-demo';

/** In a node's folder of the configuration: what it is to have, see `manifestOf`. */
export const MANIFEST_FILE = 'manifest';

/** What a service is to do wrong, see src/services/test-hook. */
export const APP_FAULTS_FILE = `${RUN_FOLDER}/app-faults.json`;

/**
 * Track files of keepalived's in the run folder: while one of them holds anything but 0, the node gives its virtual IP away.
 * Each has one writer: keepalived's two watchers of HAProxy, the entrypoint of HAProxy while it stops, and that of
 * keepalived while it stops.
 */
export const DETECTORS = {
  'haproxy-gone': 'HAProxy has ended',
  'haproxy-silent': 'HAProxy does not answer',
  'haproxy-stopping': 'HAProxy is being stopped, or has been',
  'keepalived-stopping': 'keepalived is being stopped',
} as const;

/**
 * UNIX sockets of HAProxy's (Management Guide, sections 9.3 and 9.4): of its master, and of its worker for questions (`user`) and for
 * commands (`admin`).
 */
export const HAPROXY_SOCKETS = {
  master: `${RUN_FOLDER}/haproxy-master.sock`,
  user: `${RUN_FOLDER}/haproxy-user.sock`,
  admin: `${RUN_FOLDER}/haproxy-admin.sock`,
} as const;

/**
 * The names of HAProxy's proxies on a node of a tier: where it listens and balances, and what it uses when no server is up. A server
 * has the name of its node.
 */
export function proxyNames(tier: string): { tier: string; lastResort: string } {
  return { tier, lastResort: `${tier}-last-resort` };
}

/** Answered by HAProxy itself, on the tier's port: the question of keepalived's check and of the lab's own. */
export const MONITOR_URI = '/haproxy-alive';

/** A planned stop waits so long at most for the virtual IP to leave, and as long again for new connections to end. */
export const MOVE_VIP_STEP_MS = 1000;
