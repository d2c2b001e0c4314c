import { isIPv6 } from 'node:net';

/** The one way to write an address: IPv6 has many (RFC 5952). Without a zone and a prefix; what is no address stays. */
export function plainAddress(text: string): string {
  const [address] = text.toLowerCase().split(/[/%]/);
  return isIPv6(address!) ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address!;
}

/** An IPv6 address of a link alone (RFC 4291, section 2.5.6): the same one may be on many links. */
export function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/.test(address);
}
