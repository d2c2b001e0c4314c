import { setTimeout as pause } from 'node:timers/promises';

/** A condition did not hold in time. The message says which one, and what was seen last. */
export class DeadlineExceededError extends Error {}

/**
 * Asks again and again until nothing is missing. To ask may be work for who is asked: between two questions it is left alone
 * for at least as long as the answer took.
 * @param condition what is waited for, for the error's message
 * @param missing resolves to what is still missing, `[]` when the condition holds
 * @throws DeadlineExceededError
 */
export async function waitUntilNothingIsMissing(
  condition: string,
  missing: () => Promise<string[]>,
  { deadlineMs, intervalMs = 500 }: { deadlineMs: number; intervalMs?: number },
): Promise<void> {
  const giveUpAt = performance.now() + deadlineMs;
  for (;;) {
    const askedAt = performance.now();
    const problems = await missing();
    if (problems.length === 0) return;
    if (performance.now() > giveUpAt) {
      throw new DeadlineExceededError(
        `${condition}: not within ${deadlineMs / 1000} s\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
      );
    }
    await pause(Math.max(intervalMs, performance.now() - askedAt));
  }
}
