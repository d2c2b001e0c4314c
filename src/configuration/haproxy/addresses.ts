import { plainAddress } from '../ip-address.js';
import type { Position } from '../source.js';
import type { HaproxyLine } from './tree.js';

/** An address and port that a frontend listens on. */
export interface ListenAddress {
  /** '' for all addresses of the family. */
  host: string;
  /** Undefined when it is not a plain number. */
  port: number | undefined;
  /** Words after the address. */
  parameters: string[];
  position: Position;
}

/** Addresses of a `bind` line; sockets of other kinds than TCP over IP are left out. */
export function addressesOf({ words, position }: HaproxyLine): ListenAddress[] {
  const [, list, ...rest] = words.map(({ text }) => text);
  const parameters = rest;
  return (list ?? '').split(',').flatMap((text) => {
    const address = /^(?:ipv4@|ipv6@|tcp@|tcp4@|tcp6@)?(?:\[([^\]]*)\]|([^@/]*?)):(\d+)?(?:-\d+)?$/.exec(text);
    if (!address) return [];
    const host = plainAddress(address[1] ?? address[2] ?? '');
    const isAny = ['', '*', '0.0.0.0', '::'].includes(host);
    const port = address[3] === undefined ? undefined : Number(address[3]);
    return [{ host: isAny ? '' : host, port, parameters, position }];
  });
}
