import { type Clock, systemClock } from './clock.js';

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
  { deadlineMs, intervalMs = 500, clock = systemClock }: { deadlineMs: number; intervalMs?: number; clock?: Clock },
): Promise<void> {
  const giveUpAt = clock.nowMs() + deadlineMs;
  for (;;) {
    const askedAt = clock.nowMs();
    const problems = await missing();
    if (problems.length === 0) return;
    if (clock.nowMs() > giveUpAt) {
      throw new DeadlineExceededError(
        `${condition}: not within ${deadlineMs / 1000} s\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
      );
    }
    await clock.pause(Math.max(intervalMs, clock.nowMs() - askedAt));
  }
}
