import type { Position } from '../configuration/source.js';
import type { CheckedCluster } from './checked-cluster.js';

/** The worst first. */
export const SEVERITIES = ['error', 'warning', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What a rule has found at one place. */
export interface Found {
  position: Position;
  /** What happens, in a sentence. */
  happens: string;
  /** What to write in its place. */
  instead: string;
}

export interface Finding extends Found {
  rule: string;
  severity: Severity;
}

/** A mistake that is looked for in the configurations of all nodes together. */
export interface Rule {
  /** For people, suppressions, and the link to its section in docs/check.md. */
  id: string;
  severity: Severity;
  /** The mistake, as a sentence without a full stop. */
  title: string;
  /** Why it hurts, for docs/check.md: Markdown. */
  why: string;
  wrong: string;
  right: string;
  /** Where it is said or was reported. */
  sources: { text: string; url: string }[];
  /** HAProxy and keepalived have to be asked for it. */
  isOfPrograms?: true;
  find: (cluster: CheckedCluster) => Found[];
}

/** Where a keepalived issue was told. */
export function keepalivedIssue(number: number): { text: string; url: string } {
  return { text: `keepalived #${number}`, url: `https://github.com/acassen/keepalived/issues/${number}` };
}

export const KEEPALIVED_MANUAL = {
  text: 'keepalived.conf(5)',
  url: 'https://www.keepalived.org/manpage.html',
};

/** A section of HAProxy's configuration manual. */
export function haproxyManual(section: string): { text: string; url: string } {
  return {
    text: `HAProxy's configuration manual, section ${section}`,
    url: `https://docs.haproxy.org/3.0/configuration.html#${section}`,
  };
}

/** A section of an RFC. */
export function rfc(number: number, section: string): { text: string; url: string } {
  return {
    text: `RFC ${number}, section ${section}`,
    url: `https://www.rfc-editor.org/rfc/rfc${number}#section-${section}`,
  };
}
