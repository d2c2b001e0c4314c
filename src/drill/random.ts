/** The same seed gives the same drills in the same order at the same moments. Mulberry32: 2^32 states are plenty. */
export class Random {
  constructor(private state: number) {}

  /** @returns 0 (included) to 1 (excluded) */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** @param items at least one */
  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.next() * items.length)]!;
  }

  shuffled<Item>(items: readonly Item[]): Item[] {
    const result = [...items];
    for (let last = result.length - 1; last > 0; last -= 1) {
      const other = Math.floor(this.next() * (last + 1));
      [result[last], result[other]] = [result[other]!, result[last]!];
    }
    return result;
  }
}
