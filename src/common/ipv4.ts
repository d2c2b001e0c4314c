import { isIPv4 } from 'node:net';

/** An IPv4 address as a number between 0 and 2^32 - 1. */
function toNumber(address: string): number {
  return address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

/** An IPv4 network in CIDR notation, such as `192.168.99.0/24`. */
export class Ipv4Network {
  private constructor(
    readonly cidr: string,
    private readonly first: number,
    readonly prefixLength: number,
  ) {}

  /** @returns undefined when `cidr` is not a network in CIDR notation, or has host bits set. */
  static parse(cidr: string): Ipv4Network | undefined {
    const [address = '', prefix = '', ...rest] = cidr.split('/');
    if (!isIPv4(address) || !/^\d{1,2}$/.test(prefix) || Number(prefix) > 32 || rest.length > 0) return undefined;
    const network = new Ipv4Network(cidr, toNumber(address), Number(prefix));
    return network.first % network.size === 0 ? network : undefined;
  }

  /** The network of an interface's address, such as 192.168.99.0/24 of `192.168.99.11/24`. */
  static around(address: string): Ipv4Network | undefined {
    const [host = '', prefix = ''] = address.split('/');
    const size = 2 ** (32 - Number(prefix));
    const first = toNumber(host) - (toNumber(host) % size);
    const octets = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
    return Ipv4Network.parse(`${octets.join('.')}/${prefix}`);
  }

  private get size(): number {
    return 2 ** (32 - this.prefixLength);
  }

  contains(address: string): boolean {
    const number = toNumber(address);
    return number >= this.first && number < this.first + this.size;
  }

  /** Whether the address can be given to an interface: inside, and neither the network's own nor its broadcast. */
  containsHost(address: string): boolean {
    const number = toNumber(address);
    return number > this.first && number < this.first + this.size - 1;
  }

  containsNetwork(other: Ipv4Network): boolean {
    return other.first >= this.first && other.first + other.size <= this.first + this.size;
  }
}
