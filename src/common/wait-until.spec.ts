import { describe, expect, it } from '@jest/globals';
import { FakeClock } from './testing/fake-clock.js';
import { DeadlineExceededError, waitUntilNothingIsMissing } from './wait-until.js';

const LONG_MS = 60_000;

describe('waitUntilNothingIsMissing', () => {
  it('asks once when nothing is missing', async () => {
    let questions = 0;
    const missing = async () => {
      questions += 1;
      return [];
    };
    await waitUntilNothingIsMissing('lab is up', missing, { deadlineMs: 0 });
    expect(questions).toBe(1);
  });

  it('goes on asking until nothing is missing', async () => {
    const clock = new FakeClock();
    const answers = [['a', 'b'], ['b'], []];
    await waitUntilNothingIsMissing('lab is up', async () => answers.shift()!, { deadlineMs: LONG_MS, clock });
    expect(answers).toEqual([]);
  });

  it('gives up at the deadline, and says what was waited for and what was missing last', async () => {
    let questions = 0;
    const missing = async () => [`answer ${++questions}`, 'frontend: nobody holds 192.168.99.10'];
    const waiting = waitUntilNothingIsMissing('lab is up', missing, { deadlineMs: 1000, clock: new FakeClock() });
    const error = await waiting.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DeadlineExceededError);
    expect((error as Error).message).toBe(
      'lab is up: not within 1 s\n  answer 4\n  frontend: nobody holds 192.168.99.10',
    );
  });

  it('stops at the first question that fails', async () => {
    const missing = () => Promise.reject(new Error('the engine does not answer'));
    await expect(waitUntilNothingIsMissing('lab is up', missing, { deadlineMs: LONG_MS })).rejects.toThrow(
      'the engine does not answer',
    );
  });
});
