/** So much of the past is kept of each. */
const KEPT_MS = 120_000;

/** From a moment on, until the next one's. */
export interface LaneState {
  fromMs: number;
  state: string;
}

/** The states of things over time, by the name of the thing. */
export class Lanes {
  private readonly states = new Map<string, LaneState[]>();

  /** What somebody saw who began to look at a moment; who has told of a change since then knows better. */
  see(name: string, atMs: number, state: string): void {
    const last = this.states.get(name)?.at(-1);
    if (!last) this.states.set(name, [{ fromMs: 0, state }]);
    else if (last.fromMs < atMs) this.add(name, atMs, state);
  }

  add(name: string, fromMs: number, state: string): void {
    const states = this.states.get(name) ?? [];
    this.states.set(name, states);
    if (states.at(-1)?.state === state) return;
    states.push({ fromMs, state });
    while (states.length > 2 && states[1]!.fromMs < fromMs - KEPT_MS) states.shift();
  }

  now(name: string): string | undefined {
    return this.states.get(name)?.at(-1)?.state;
  }

  /** Of one thing. */
  of(name: string): LaneState[] {
    return this.states.get(name) ?? [];
  }

  /** Those that have changed between two moments, by name. */
  changedSince(ms: number): string[] {
    return [...this.states]
      .filter(([, states]) => states.length > 1 && states.at(-1)!.fromMs > ms)
      .map(([name]) => name);
  }
}
