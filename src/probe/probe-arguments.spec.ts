import { describe, expect, it } from '@jest/globals';
import { InvalidInputError } from '../common/errors.js';
import { parseProbeArguments } from './probe-arguments.js';

const URL_FLAGS = ['--url', 'http://127.0.0.1:8080/frontend'];

const parse = (...flags: string[]) => parseProbeArguments([...URL_FLAGS, ...flags], undefined, {});

describe('parseProbeArguments', () => {
  it('has a default for all but the URL', () => {
    expect(parse()).toEqual({
      settings: {
        target: {
          ...{ url: 'http://127.0.0.1:8080/frontend', address: '127.0.0.1', port: 8_080, path: '/frontend' },
          ...{ hasTls: false, host: '127.0.0.1:8080' },
        },
        ratePerSecond: 200,
        durationMs: 10_000,
        timeoutMs: 250,
        keepAlive: { connections: 20, intervalMs: 250, timeoutMs: 1_000 },
        downloads: 0,
      },
      samples: false,
      stopOnStdinClose: false,
    });
  });

  it('reads every flag', () => {
    const numbers = ['--rate', '5000', '--duration', '1h', '--timeout', '1s', '--keep-alive', '500'];
    const keepAlive = ['--keep-alive-interval', '150ms', '--keep-alive-timeout', '2s'];
    expect(parse(...numbers, ...keepAlive, '--downloads', '50', '--samples', '--stop-on-stdin-close')).toMatchObject({
      settings: {
        ratePerSecond: 5_000,
        durationMs: 3_600_000,
        timeoutMs: 1_000,
        keepAlive: { connections: 500, intervalMs: 150, timeoutMs: 2_000 },
        downloads: 50,
      },
      samples: true,
      stopOnStdinClose: true,
    });
  });

  it('takes no keep-alive connections at all', () => {
    expect(parse('--keep-alive', '0').settings.keepAlive.connections).toBe(0);
  });

  it.each([
    [['--rate', '0'], '--rate: "0" must be a whole number from 1 to 5000'],
    [['--rate', '5001'], '--rate: "5001" must be a whole number from 1 to 5000'],
    [['--rate', '1e3'], '--rate: "1e3" must be a whole number from 1 to 5000'],
    [['--rate='], '--rate: "" must be a whole number from 1 to 5000'],
    [['--duration', '10'], '--duration: "10" must be a duration from 1ms to 1h'],
    [['--duration', '0s'], '--duration: "0s" must be a duration from 1ms to 1h'],
    [['--duration', '61m'], '--duration: "61m" must be a duration from 1ms to 1h'],
    [['--timeout', '2m'], '--timeout: "2m" must be a duration from 1ms to 1m'],
    [['--keep-alive', '501'], '--keep-alive: "501" must be a whole number from 0 to 500'],
    [['--downloads', '51'], '--downloads: "51" must be a whole number from 0 to 50'],
    [['--keep-alive-interval', '2m'], '--keep-alive-interval: "2m" must be a duration from 1ms to 1m'],
    [['--keep-alive-timeout', 'soon'], '--keep-alive-timeout: "soon" must be a duration from 1ms to 1m'],
    [
      ['--keep-alive', '500', '--keep-alive-interval', '99ms'],
      '--keep-alive-interval: "99ms" must be long enough for at most 5000 requests per second over all 500 connections',
    ],
  ])('%j: %s', (flags, message) => {
    expect(() => parse(...flags)).toThrow(new InvalidInputError(message));
  });

  it.each([
    [['--rat', '5'], /^Unknown option '--rat'; allowed: --url, --host, --lan, --rate, /],
    [['192.168.99.10'], /^Unexpected argument '192.168.99.10'; allowed: --url, /],
    [['--rate', '-5'], /^Option '--rate' argument is ambiguous; allowed: /],
    [['--rate'], /^Option '--rate <value>' argument missing; allowed: /],
    [['--samples=no'], /^Option '--samples' does not take an argument; allowed: /],
  ])('%j is refused in one line', (flags, message) => {
    expect(() => parse(...flags)).toThrow(InvalidInputError);
    expect(() => parse(...flags)).toThrow(message);
    expect(() => parse(...flags)).not.toThrow(/\n/);
  });

  it('needs a URL', () => {
    expect(() => parseProbeArguments([], undefined, {})).toThrow(
      new InvalidInputError('--url: is missing; allowed: http[s]://ADDRESS[:PORT]/PATH'),
    );
  });

  it("takes the lab's network from the flag before the environment, and refuses a target outside of it", () => {
    const url = ['--url', 'http://192.168.99.10/frontend'];
    const cidr = '192.168.99.200/24';
    const interfaces = {
      eth0: [
        {
          address: '192.168.99.200',
          netmask: '255.255.255.0',
          family: 'IPv4',
          mac: '',
          internal: false,
          cidr,
        } as const,
      ],
    };
    expect(() => parseProbeArguments(url, '192.168.99.0/24', interfaces)).not.toThrow();
    expect(() => parseProbeArguments([...url, '--lan', '192.168.99.0/24'], '10.0.0.0/8', interfaces)).not.toThrow();
    expect(() => parseProbeArguments([...url, '--lan', '10.0.0.0/8'], '192.168.99.0/24', interfaces)).toThrow(
      /^--url: 192.168.99.10 must be .* 10.0.0.0\/8/,
    );
    expect(() => parseProbeArguments(url, undefined, interfaces)).toThrow(/^--url: 192.168.99.10 is not a loopback/);
  });
});
