export interface Spread {
  medianMs: number;
  p95Ms: number;
  maxMs: number;
}

/** By the nearest rank: each figure is one that was measured. @param values at least one */
export function spreadOf(values: number[]): Spread {
  return { medianMs: percentile(values, 50), p95Ms: percentile(values, 95), maxMs: percentile(values, 100) };
}

/** @param values at least one @param rank above 0, up to 100 */
export function percentile(values: number[], rank: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil((rank / 100) * sorted.length) - 1]!;
}
