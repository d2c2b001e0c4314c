import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { InvalidInputError } from '../common/errors.js';
import { assertInsideLab, downloadTarget, parseTarget } from './probe-target.js';

describe('parseTarget', () => {
  it.each([
    ['http://192.168.99.10/frontend', '192.168.99.10', 80, '/frontend'],
    ['http://127.0.0.1:3000', '127.0.0.1', 3_000, '/'],
    ['http://192.168.99.20:80/backend?a=b#c', '192.168.99.20', 80, '/backend?a=b'],
    ['http://192.168.99.10/a b\r\nX: y', '192.168.99.10', 80, '/a%20bX:%20y'],
  ])('%j', (url, address, port, path) => {
    expect(parseTarget(url)).toMatchObject({ address, port, path });
  });

  it.each([
    'http://frontend-00/frontend',
    'http://localhost/',
    'http://[::1]/',
    'ftp://192.168.99.10/',
    'http://me:secret@192.168.99.10/',
    '192.168.99.10',
    'http://192.168.99.10:0x50/',
    'http://192.168.99.300/',
    '',
  ])('refuses %j and says what it takes', (url) => {
    expect(() => parseTarget(url)).toThrow(
      new InvalidInputError(
        `--url: ${JSON.stringify(url)} must be http[s]://ADDRESS[:PORT]/PATH with an IPv4 address, not a host name`,
      ),
    );
  });
});

describe('a target', () => {
  it.each<[string, string | undefined, object]>([
    ['http://10.0.0.1/', undefined, { port: 80, hasTls: false, host: '10.0.0.1' }],
    ['https://10.0.0.1/', undefined, { port: 443, hasTls: true, host: '10.0.0.1' }],
    ['https://10.0.0.1:8443/', undefined, { port: 8_443, hasTls: true, host: '10.0.0.1:8443' }],
    ['https://10.0.0.1:8443/', 'app.example:8443', { port: 8_443, hasTls: true, host: 'app.example:8443' }],
  ])('%s, host %s', (url, host, expected) => {
    expect(parseTarget(url, host)).toMatchObject(expected);
  });

  it.each(['a b', 'x\r\nY: z', '', '-x', 'a'.repeat(254), 'a:b'])('refuses the host %j', (host) => {
    expect(() => parseTarget('http://10.0.0.1/', host)).toThrow(
      /^--host: ".*" must be a host name, with or without a port$/,
    );
  });
});

describe('downloadTarget', () => {
  it.each([
    ['http://192.168.99.10/frontend', '/frontend/download'],
    ['http://192.168.99.20:8020/backend/?a=b', '/backend/download?a=b'],
  ])('of %j', (url, path) => {
    const target = parseTarget(url);
    expect(downloadTarget(target)).toMatchObject({ address: target.address, port: target.port, path });
    expect(downloadTarget({ ...target, host: 'app.example' }).host).toBe('app.example');
  });
});

describe('assertInsideLab', () => {
  const LAN = '192.168.99.0/24';
  const loopback = {
    address: '127.0.0.1',
    netmask: '255.0.0.0',
    family: 'IPv4',
    mac: '00:00:00:00:00:00',
    internal: true,
    cidr: '127.0.0.1/8',
  } as const;
  const own = (cidr: string): NodeJS.Dict<NetworkInterfaceInfo[]> => ({
    lo: [loopback],
    eth0: [{ ...loopback, address: cidr.split('/')[0]!, internal: false, cidr }],
  });

  it.each(['127.0.0.1', '127.9.9.9'])('lets %s pass, without a network', (address) => {
    expect(() => assertInsideLab(address, undefined, { lo: [loopback] })).not.toThrow();
  });

  it('lets a neighbour in the named network pass', () => {
    expect(() => assertInsideLab('192.168.99.10', LAN, own('192.168.99.200/24'))).not.toThrow();
  });

  it.each([
    [
      'no network is named',
      '192.168.99.10',
      undefined,
      own('192.168.99.200/24'),
      /^--url: 192.168.99.10 is not .* --lan /,
    ],
    [
      'the target is elsewhere',
      '192.0.2.1',
      LAN,
      own('192.168.99.200/24'),
      /^--url: 192.0.2.1 must be .* 192.168.99.0\/24/,
    ],
    [
      'the target is the broadcast address',
      '192.168.99.255',
      LAN,
      own('192.168.99.200/24'),
      /^--url: 192.168.99.255 must/,
    ],
    [
      'no interface is in the network',
      '192.168.99.10',
      LAN,
      own('10.0.0.5/24'),
      /^--lan: 192.168.99.0\/24 must be the network/,
    ],
    [
      'the interface is in a wider network',
      '192.168.99.10',
      LAN,
      own('192.168.99.200/16'),
      /^--lan: 192.168.99.0\/24 must/,
    ],
    [
      'the interface is in a narrower network',
      '192.168.99.10',
      LAN,
      own('192.168.99.9/28'),
      /^--lan: 192.168.99.0\/24 must/,
    ],
    [
      'the network is on loopback',
      '192.168.99.10',
      LAN,
      { lo: [{ ...loopback, address: '192.168.99.10', cidr: '192.168.99.10/24' }] },
      /^--lan: /,
    ],
    ['everything is named', '192.0.2.1', '0.0.0.0/0', own('192.168.99.200/24'), /^--lan: 0.0.0.0\/0 must/],
    [
      'the network is not one',
      '192.168.99.10',
      '192.168.99.1/24',
      own('192.168.99.200/24'),
      /^--lan: "192.168.99.1\/24" must/,
    ],
    ['the network is not one, even for loopback', '127.0.0.1', 'lan', own('192.168.99.200/24'), /^--lan: "lan" must/],
  ])('refuses when %s', (_name, address, lan, interfaces, message) => {
    expect(() => assertInsideLab(address, lan, interfaces)).toThrow(InvalidInputError);
    expect(() => assertInsideLab(address, lan, interfaces)).toThrow(message);
  });
});
