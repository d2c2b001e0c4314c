import { isIPv4 } from 'node:net';
import { Ipv4Network } from '../common/ipv4.js';

/**
 * The smallest of /24, /16 and /8 around the virtual IP that holds the most of its neighbours: what a server's address outside of it needs
 * is a route.
 */
export function lanAround(fixed: string[], virtualIp: string): string {
  const neighbours = fixed.filter((address) => isIPv4(address) && !address.startsWith('127.'));
  const [narrow, wide] = [24, 16].map((prefix) => Ipv4Network.around(`${virtualIp}/${prefix}`)!);
  const near = neighbours.filter((address) => wide!.contains(address));
  return near.every((address) => narrow!.contains(address)) ? narrow!.cidr : wide!.cidr;
}

/** Hands out addresses of a LAN that nobody has. */
export class Addresses {
  private readonly taken: Set<string>;
  private next = 250;

  constructor(
    readonly lan: string,
    fixed: string[],
  ) {
    this.taken = new Set(fixed);
  }

  isOnLan(address: string): boolean {
    return Ipv4Network.parse(this.lan)!.containsHost(address);
  }

  free(): string {
    const [a, b, c] = this.lan.split('.');
    for (; this.next > 1; this.next -= 1) {
      const address = `${a}.${b}.${c}.${this.next}`;
      if (this.taken.has(address)) continue;
      this.taken.add(address);
      return address;
    }
    throw new Error(`${this.lan}: no address is left`);
  }
}
