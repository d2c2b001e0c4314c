import { writeSync } from 'node:fs';

/** Slower ones are told at once: the default reporter waits until the whole file has ended, for minutes. */
const WORTH_TELLING_MS = 20_000;

/** Ends every run with one plain line that people and programs can read: `N passed, N failed[, N skipped]`. */
export default class ClosingLineReporter {
  onTestCaseResult(_test, { fullName, status, duration }) {
    if (duration < WORTH_TELLING_MS && status !== 'failed') return;
    writeSync(1, `${status}, ${Math.round(duration / 1000)} s: ${fullName}\n`);
  }

  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests > 0 ? `, ${results.numPendingTests} skipped` : '';
    // Jest's own summary comes after all reporters.
    process.once('exit', () => writeSync(1, `\n${results.numPassedTests} passed, ${failed} failed${skipped}\n`));
  }
}
