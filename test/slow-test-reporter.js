import { writeSync } from 'node:fs';

const SLOW_MS = 20_000;

/** Tells of slow and failed tests as they end: the default reporter waits for the whole file, which may take minutes. */
export default class SlowTestReporter {
  onTestCaseResult(_test, { fullName, status, duration }) {
    if (duration < SLOW_MS && status !== 'failed') return;
    writeSync(1, `${status}, ${Math.round(duration / 1000)} s: ${fullName}\n`);
  }
}
