import TestRunner from 'jest-runner';

/** One file at a time, after those of other projects, which run beside each other: a lab takes the machine as a whole. */
export default class SerialRunner extends TestRunner {
  isSerial = true;
}
