/** As after a Ctrl-C. */
export const INTERRUPTED_EXIT_CODE = 130;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Does something that a Ctrl-C ends in order, by the signal that it is given; a second one ends the process. */
export async function interruptible<Result>(action: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const interrupted = new AbortController();
  const abort = () => interrupted.abort();
  for (const signal of SIGNALS) process.once(signal, abort);
  try {
    return await action(interrupted.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, abort);
  }
}
