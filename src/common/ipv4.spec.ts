import { describe, expect, it } from '@jest/globals';
import { Ipv4Network } from './ipv4.js';

function network(cidr: string): Ipv4Network {
  const parsed = Ipv4Network.parse(cidr);
  if (!parsed) throw new Error(`${cidr} was refused`);
  return parsed;
}

describe('Ipv4Network', () => {
  it.each(['192.168.99.0/24', '192.168.99.128/25', '10.0.0.0/8', '0.0.0.0/0', '255.255.255.255/32'])(
    '%s is a network',
    (cidr) => {
      expect(network(cidr)).toMatchObject({ cidr, prefixLength: Number(cidr.split('/')[1]) });
    },
  );

  it.each([
    '',
    '192.168.99.0',
    '192.168.99.0/',
    '192.168.99.0/33',
    '192.168.99.0/-1',
    '192.168.99.0/2 4',
    '192.168.99.0/24/24',
    '192.168.99.1/24', // host bits
    '192.168.99.64/25', // host bits
    '192.168.99/24',
    '192.168.099.0/24',
    '192.168.256.0/24',
    'fe80::/64',
  ])('%j is not a network', (cidr) => {
    expect(Ipv4Network.parse(cidr)).toBeUndefined();
  });

  it.each([
    ['192.168.98.255', false, false],
    ['192.168.99.0', true, false],
    ['192.168.99.1', true, true],
    ['192.168.99.254', true, true],
    ['192.168.99.255', true, false],
    ['192.168.100.0', false, false],
    ['not an address', false, false],
  ])('192.168.99.0/24 contains %s: %p, as the address of a host: %p', (address, inside, asHost) => {
    expect(network('192.168.99.0/24').contains(address)).toBe(inside);
    expect(network('192.168.99.0/24').containsHost(address)).toBe(asHost);
  });

  it('counts beyond 2^31', () => {
    expect(network('224.0.0.0/4').contains('239.255.255.255')).toBe(true);
    expect(network('224.0.0.0/4').contains('240.0.0.0')).toBe(false);
  });

  it.each([
    ['192.168.99.0/24', true],
    ['192.168.99.128/25', true],
    ['192.168.99.255/32', true],
    ['192.168.98.0/23', false],
    ['192.168.100.0/25', false],
  ])('192.168.99.0/24 contains the network %s: %p', (cidr, inside) => {
    expect(network('192.168.99.0/24').containsNetwork(network(cidr))).toBe(inside);
  });

  it.each([
    ['192.168.99.11/24', '192.168.99.0/24'],
    ['192.168.99.200/25', '192.168.99.128/25'],
    ['172.17.0.1/16', '172.17.0.0/16'],
    ['255.255.255.255/32', '255.255.255.255/32'],
    ['224.1.2.3/4', '224.0.0.0/4'],
    ['10.1.2.3/0', '0.0.0.0/0'],
  ])('an interface with %s is in the network %s', (address, cidr) => {
    expect(Ipv4Network.around(address)).toEqual(network(cidr));
  });

  it.each(['', '192.168.99.11', '192.168.99.11/', '192.168.99.11/33', 'fe80::1/64', 'eth0/24'])(
    'nothing is around %j',
    (address) => {
      expect(Ipv4Network.around(address)).toBeUndefined();
    },
  );
});
