const common = {
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
      },
    ],
  },
};

const withLabs = { ...common, runner: '<rootDir>/test/serial-runner.js' };

/** @type {import('jest').Config} */
export default {
  reporters: ['default', './test/slow-test-reporter.js', './test/closing-line-reporter.js'],
  maxWorkers: '100%',
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/src/**/*.spec.ts'] },
    { ...withLabs, displayName: 'integration', testMatch: ['<rootDir>/test/{integration,e2e}/**/*.spec.ts'] },
    { ...withLabs, displayName: 'vms', testMatch: ['<rootDir>/test/vms/**/*.spec.ts'] },
  ],
};
