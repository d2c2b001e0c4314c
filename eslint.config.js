import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/*
 * Which folder of src/ imports from which others. What is not listed is refused. `lab` is its ports alone: an adapter, and the
 * updater, are folders of their own below it, listed by name where they may be used.
 */
const ADAPTERS = ['lab/compose', 'lab/memory', 'lab/hosts'];
const BESIDE_ADAPTERS = ['lab', 'lab/update', 'rendering'];
const BELOW_LAB = [...ADAPTERS, 'lab/update'];
const DEPENDENCIES = {
  common: [],
  cluster: ['common'],
  vrrp: ['cluster'],
  configuration: ['common'],
  check: ['configuration', 'vrrp', 'cluster', 'common'],
  node: [],
  rendering: ['node', 'cluster', 'common'],
  services: ['node', 'common'],
  probe: ['common'],
  lab: ['node', 'cluster', 'common'],
  'lab/update': ['lab', 'rendering', 'node', 'cluster', 'common'],
  ...Object.fromEntries(ADAPTERS.map((adapter) => [adapter, [...BESIDE_ADAPTERS, 'node', 'cluster', 'common']])),
  drill: ['vrrp', 'probe', 'lab', 'node', 'cluster', 'common'],
  session: ['drill', 'probe', 'lab', 'cluster', 'common'],
  report: ['check', 'configuration', 'drill', 'lab', 'cluster', 'common'],
  trial: ['check', 'configuration', 'drill', 'probe', 'lab', 'lab/compose', 'node', 'cluster', 'common'],
  bench: ['drill', 'lab', 'lab/compose', 'cluster', 'common'],
  console: ['session', 'report', 'drill', 'probe', 'lab', 'cluster', 'common'],
  cli: [
    ...[
      'check',
      'console',
      'report',
      'bench',
      'trial',
      'session',
      'drill',
      'probe',
      'lab',
      ...BELOW_LAB,
      'rendering',
      'node',
      'cluster',
    ],
    'common',
  ],
  docs: ['cli', 'check', 'report', 'drill', 'cluster'],
};

/** Packages that one place alone knows, so that the rest of the project does not come to depend on them. */
const PACKAGE_HOMES = { dockerode: 'src/lab/compose/', testcontainers: 'test/', 'puppeteer-core': 'test/' };

/** Of everything else that wants to know the environment: Settings say it, or what a program's own main.ts hands on. */
const NO_ENVIRONMENT = [
  {
    selector:
      'MemberExpression[object.name="process"][property.name="env"], MemberExpression[object.name="process"][property.value="env"]',
    message: 'Only a main.ts reads the environment, and hands on what is in it.',
  },
];

/** `no-restricted-imports` patterns for the files of one folder. */
function refusedLayers(folder) {
  const allowed = DEPENDENCIES[folder];
  const refused = Object.keys(DEPENDENCIES).filter((other) => other !== folder && !allowed.includes(other));
  const message = `src/${folder} may import from ${allowed.join(', ') || 'no other folder'}: see eslint.config.js.`;
  const patterns = refused
    .filter((other) => !BELOW_LAB.includes(other))
    .map((other) => ({ regex: `^(\\.\\.?/)+${other}/`, message }));
  // Folders below lab are reached from outside as ../lab/compose/, from the ports as ./compose/, from each other as ../compose/.
  for (const below of refused.filter((other) => BELOW_LAB.includes(other))) {
    const [lab, name] = below.split('/');
    patterns.push({ regex: `^(\\.\\.?/)+(${lab}/)?${name}/`, message });
  }
  return patterns;
}

/** The rule itself, for the files of one place: `path` is relative to the project and ends with a slash. */
function restrictedImports(path, patterns = []) {
  const paths = Object.entries(PACKAGE_HOMES)
    .filter(([, home]) => !path.startsWith(home))
    .map(([name, home]) => ({ name, message: `Only ${home} knows this package.` }));
  return { '@typescript-eslint/no-restricted-imports': ['error', { paths, patterns }] };
}

const SPECS = ['**/*.spec.ts', '**/testing/**'];

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', '.ha-demo/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      // A port returns a promise whether an adapter has something to wait for or not.
      '@typescript-eslint/require-await': 'off',
      // What a library's untyped callback hands over is passed on.
      '@typescript-eslint/prefer-promise-reject-errors': [
        'error',
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      ...restrictedImports('src/'),
    },
  },
  ...Object.keys(DEPENDENCIES).map((folder) => ({
    files: [folder === 'lab' ? 'src/lab/*.ts' : `src/${folder}/**/*.{ts,tsx}`],
    // A spec may bring together what the code itself keeps apart.
    ignores: SPECS,
    rules: {
      ...restrictedImports(`src/${folder}/`, refusedLayers(folder)),
      'no-restricted-syntax': [
        'error',
        { selector: 'ImportExpression', message: 'Import at the top, where the rules on imports see it.' },
        ...NO_ENVIRONMENT,
      ],
    },
  })),
  { files: ['src/**/main.ts'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['test/**/*.ts'], rules: restrictedImports('test/') },
  {
    // dockerode has no types for its `modem`.
    files: ['src/lab/compose/**/*.ts'],
    rules: { '@typescript-eslint/no-unsafe-call': 'off', '@typescript-eslint/no-unsafe-member-access': 'off' },
  },
  {
    files: ['**/*.js'],
    extends: [tseslint.configs.base],
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
);
