import { type ServiceName } from '../node/contract.js';
import type { VrrpState } from './lab.js';

/** What a node has told of itself. `atMs` is in ms since 1970. */
export type NodeEvent = VrrpTransition | ServerChange;

/** The node's virtual router has come to another state. */
export interface VrrpTransition {
  event: 'vrrp';
  node: string;
  atMs: number;
  state: VrrpState;
}

/** The node's HAProxy takes a server of its tier for up, or for down. */
export interface ServerChange {
  event: 'server';
  node: string;
  atMs: number;
  server: string;
  state: 'UP' | 'DOWN';
}

/** The services whose logs tell events. */
export const TELLING_SERVICES = ['keepalived', 'haproxy'] as const satisfies ServiceName[];

/** HAProxy's notice of a server's health, behind the time. */
const SERVER_CHANGE = /^(\S+) Server [^/\s]+\/(\S+) is (UP|DOWN)\b/;

/**
 * What a line of a log tells.
 * @param line begins with the time when it was written, as LogOptions has it
 * @returns undefined when it tells something else
 */
export function nodeEventIn(
  node: string,
  service: (typeof TELLING_SERVICES)[number],
  line: string,
): NodeEvent | undefined {
  if (service === 'haproxy') {
    const [, time = '', server = '', state] = SERVER_CHANGE.exec(line) ?? [];
    if (state === undefined) return undefined;
    return { event: 'server', node, atMs: Date.parse(time), server, state: state as ServerChange['state'] };
  }
  // Lines of docker/keepalived/entrypoint; keepalived's own ones are others.
  const text = line.slice(line.indexOf(' ') + 1);
  if (!text.startsWith('{') || !text.includes('"virtualRouter"')) return undefined;
  const { time, state } = JSON.parse(text) as { time: string; state: VrrpState };
  return { event: 'vrrp', node, atMs: Date.parse(time), state };
}
