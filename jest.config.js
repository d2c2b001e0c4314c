import { availableParallelism } from 'node:os';
import { swcOptions } from './src/common/testing/swc-options.js';

const common = {
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    // The package's own bundle: each spec would load its two hundred files anew.
    '^class-validator$': '<rootDir>/node_modules/class-validator/bundles/class-validator.umd.min.js',
  },
  transform: {
    '^.+\\.ts$': ['@swc/jest', swcOptions],
  },
};

const withLabs = { ...common, runner: '<rootDir>/test/serial-runner.js' };

/** @type {import('jest').Config} */
export default {
  reporters: ['default', './test/slow-test-reporter.js', './test/closing-line-reporter.js'],
  // Some unit tests wait for the real time that a thing takes.
  maxWorkers: availableParallelism() + 1,
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/src/**/*.spec.ts'] },
    { ...withLabs, displayName: 'integration', testMatch: ['<rootDir>/test/{integration,e2e}/**/*.spec.ts'] },
    // No tests: they make what docs/pictures has.
    { ...withLabs, displayName: 'pictures', testMatch: ['<rootDir>/test/pictures/**/*.spec.ts'] },
    { ...withLabs, displayName: 'vms', testMatch: ['<rootDir>/test/vms/**/*.spec.ts'] },
  ],
};
