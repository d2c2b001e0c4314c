const UNITS: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, '': 1 };

/** @returns milliseconds of HAProxy's times (configuration manual, section 2.5); undefined when it is none */
export function durationMs(text: string): number | undefined {
  const match = /^(\d+)(us|ms|s|m|h|d|)$/.exec(text);
  return match ? Number(match[1]) * UNITS[match[2]!]! : undefined;
}
