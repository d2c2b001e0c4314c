import type { NetworkInterfaceInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { parseDurationMs } from '../common/duration.js';
import { InvalidInputError } from '../common/errors.js';
import type { ProbeSettings } from './open-loop-probe.js';
import { assertInsideLab, parseTarget } from './probe-target.js';

export interface ProbeArguments {
  settings: ProbeSettings;
  /** Whether to print a line per sample. */
  samples: boolean;
  /** Whether the end of the standard input stops the probe, as SIGTERM does. */
  stopOnStdinClose: boolean;
}

const OPTIONS = {
  url: { type: 'string' },
  host: { type: 'string' },
  lan: { type: 'string' },
  rate: { type: 'string', default: '200' },
  duration: { type: 'string', default: '10s' },
  timeout: { type: 'string', default: '250ms' },
  'keep-alive': { type: 'string', default: '20' },
  'keep-alive-interval': { type: 'string', default: '250ms' },
  'keep-alive-timeout': { type: 'string', default: '1s' },
  downloads: { type: 'string', default: '0' },
  samples: { type: 'boolean', default: false },
  'stop-on-stdin-close': { type: 'boolean', default: false },
} as const;

const MAX_RATE_PER_SECOND = 5_000;

/**
 * Reads the command line, and refuses whatever could leave the lab (see assertInsideLab).
 * @param defaultLan the value of HA_DEMO_LAN; the flag wins
 * @param interfaces as `os.networkInterfaces()` gives them
 * @throws InvalidInputError one line: the flag, its value, what is allowed
 */
export function parseProbeArguments(
  argv: string[],
  defaultLan: string | undefined,
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>,
): ProbeArguments {
  const flags = parseFlags(argv);
  if (flags.url === undefined) throw new InvalidInputError('--url: is missing; allowed: http[s]://ADDRESS[:PORT]/PATH');
  const target = parseTarget(flags.url, flags.host);
  assertInsideLab(target.address, flags.lan ?? defaultLan, interfaces);

  return {
    settings: { target, ...parseLoad(flags) },
    samples: flags.samples,
    stopOnStdinClose: flags['stop-on-stdin-close'],
  };
}

type LoadFlag =
  'rate' | 'duration' | 'timeout' | 'keep-alive' | 'keep-alive-interval' | 'keep-alive-timeout' | 'downloads';

/** @throws InvalidInputError one line: the flag, its value, what is allowed */
export function parseLoad(given: Partial<Record<LoadFlag, string>>): Omit<ProbeSettings, 'target'> {
  const flag = (name: LoadFlag) => given[name] ?? OPTIONS[name].default;
  const keepAlive = {
    connections: wholeNumber('--keep-alive', flag('keep-alive'), 0, 500),
    intervalMs: duration('--keep-alive-interval', flag('keep-alive-interval'), '1ms', '1m'),
    timeoutMs: duration('--keep-alive-timeout', flag('keep-alive-timeout'), '1ms', '1m'),
  };
  if ((keepAlive.connections * 1_000) / keepAlive.intervalMs > MAX_RATE_PER_SECOND) {
    throw new InvalidInputError(
      `--keep-alive-interval: ${JSON.stringify(flag('keep-alive-interval'))} must be long enough for at most ` +
        `${MAX_RATE_PER_SECOND} requests per second over all ${keepAlive.connections} connections`,
    );
  }
  return {
    ratePerSecond: wholeNumber('--rate', flag('rate'), 1, MAX_RATE_PER_SECOND),
    durationMs: duration('--duration', flag('duration'), '1ms', '1h'),
    timeoutMs: duration('--timeout', flag('timeout'), '1ms', '1m'),
    keepAlive,
    downloads: wholeNumber('--downloads', flag('downloads'), 0, 50),
  };
}

function parseFlags(argv: string[]) {
  try {
    return parseArgs({ args: argv, options: OPTIONS }).values;
  } catch (error) {
    const [problem] = (error as Error).message.split(/\.\s/);
    const allowed = Object.keys(OPTIONS).map((name) => `--${name}`);
    throw new InvalidInputError(`${problem}; allowed: ${allowed.join(', ')}`);
  }
}

/** @throws InvalidInputError one line: the flag, its value, what is allowed */
export function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new InvalidInputError(`${flag}: ${JSON.stringify(text)} must be a whole number from ${min} to ${max}`);
}

function duration(flag: string, text: string, min: string, max: string): number {
  const valueMs = parseDurationMs(text);
  if (valueMs !== undefined && valueMs >= parseDurationMs(min)! && valueMs <= parseDurationMs(max)!) return valueMs;
  throw new InvalidInputError(`${flag}: ${JSON.stringify(text)} must be a duration from ${min} to ${max}`);
}
