import type { Power } from './power.js';

/** How `ssh` reaches a host; what is missing is as ssh(1) and the user's own configuration of it have it. */
export interface SshAccess {
  /** An address, or a name that ssh understands. */
  host: string;
  port?: number | undefined;
  user?: string | undefined;
  /** Files of private keys; those that ssh would take by itself without any. */
  keys: string[];
  /** Options of ssh_config(5) that say which host key is believed. */
  hostKey: Record<string, string>;
  /** What is said when the host's key is not the known one, or none is known: the rest of a sentence, and what to do about it. */
  refusedHostKey: (is: 'other' | 'unknown') => string;
  /** Where `ssh` runs: names of files are looked up from there. */
  folder: string;
  environment: NodeJS.ProcessEnv;
}

export interface HostAccess {
  ssh: SshAccess;
  power: Power;
  /** The LAN's interface, where somebody has said it; it is found by the node's address without it. */
  lanInterface?: string | undefined;
}

/** @returns how to reach the host that a node is @throws Error when there is none */
export type Hosts = (node: string) => Promise<HostAccess>;
