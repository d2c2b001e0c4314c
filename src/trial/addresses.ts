import { isIPv4 } from 'node:net';
import { Ipv4Network } from '../common/ipv4.js';

/** /24 around the virtual IP; /16 when one of its neighbours there lies outside. What is farther away needs a route. */
export function lanAround(fixed: string[], virtualIp: string): string {
  const neighbours = fixed.filter((address) => isIPv4(address) && !address.startsWith('127.'));
  const [narrow, wide] = [24, 16].map((prefix) => Ipv4Network.around(`${virtualIp}/${prefix}`)!);
  const near = neighbours.filter((address) => wide!.contains(address));
  return near.every((address) => narrow!.contains(address)) ? narrow!.cidr : wide!.cidr;
}

/** Hands out addresses of a LAN that nobody has. */
export class Addresses {
  /** For what the engine gives addresses to, such as clients: nobody else has one in it. */
  readonly dynamicRange: string;
  private readonly taken: Set<string>;
  private readonly network: Ipv4Network;
  private next = 254;

  /** @throws Error when there is no room */
  constructor(
    readonly lan: string,
    fixed: string[],
  ) {
    this.taken = new Set(fixed);
    this.network = Ipv4Network.parse(lan)!;
    const blocks = Array.from({ length: 14 }, (_, at) => Ipv4Network.parse(this.at(`${(14 - at) * 16}/28`))!);
    const block = blocks.find((one) => fixed.every((address) => !isIPv4(address) || !one.contains(address)));
    if (!block) throw new Error(`${lan}: no sixteen addresses in a row are free`);
    this.dynamicRange = block.cidr;
  }

  isOnLan(address: string): boolean {
    return this.network.containsHost(address);
  }

  free(): string {
    const dynamic = Ipv4Network.parse(this.dynamicRange)!;
    for (; this.next > 0; this.next -= 1) {
      const address = this.at(String(this.next));
      if (this.taken.has(address) || dynamic.contains(address)) continue;
      this.taken.add(address);
      return address;
    }
    throw new Error(`${this.lan}: no address is left`);
  }

  /** Of the first 256 addresses. */
  private at(last: string): string {
    const [a, b, c] = this.lan.split('.');
    return `${a}.${b}.${c}.${last}`;
  }
}
