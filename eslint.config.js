// Lint for the whole repository. Every rule that is off, and every rule beyond the preset, has its
// reason beside it. The layer rule's table is lint/layers.js.
import { existsSync } from 'node:fs';
import js from '@eslint/js';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { importX } from 'eslint-plugin-import-x';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { fileNameRule } from './lint/file-name-rule.js';
import { layerRule } from './lint/layer-rule.js';

// The project's own rule is TypeScript: it holds where the plugin has been built, as it is in CI.
const builtPlugin = new URL('packages/eslint-plugin/dist/index.js', import.meta.url);
const watertight = existsSync(builtPlugin) ? (await import(builtPlugin.href)).default : null;

const house = { rules: { layers: layerRule, 'file-names': fileNameRule } };

const testCalls = ['test', 'it', 'describe', 'suite', 'before', 'after', 'beforeEach', 'afterEach'];

export default defineConfig(
  {
    // Folders with a dot: tests make projects there, which are gone a moment later.
    ignores: ['**/dist/', '**/dist-test/', '**/node_modules/', 'coverage/', '**/.*/'],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },

  // Everything: JavaScript and TypeScript, packages and scripts.
  {
    files: ['**/*.{ts,cts,tsx,js,mjs}'],
    extends: [js.configs.recommended, tseslint.configs.strictTypeChecked],
    plugins: { 'import-x': importX, house },
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    settings: {
      'import-x/extensions': ['.ts', '.tsx', '.js', '.mjs'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts', '.tsx'] },
      'import-x/resolver-next': [
        createTypeScriptImportResolver({ project: 'packages/*/tsconfig.json', noWarnOnMultipleProjects: true }),
      ],
    },
    rules: {
      // The project's own bug class: something was asked for, and nobody waits for it.
      '@typescript-eslint/no-floating-promises': 'error',
      // Circles of imports are refused by lint/check-circles.js: `import-x/no-cycle` passes over imports of types,
      // and takes a sixth of the time of a whole run.
      // A name that the exporter chose can be searched for.
      'import-x/no-default-export': 'error',
      'import-x/no-self-import': 'error',
      eqeqeq: 'error',
      // A file owns one noun. Past 400 lines it usually owns two.
      'max-lines': ['warn', { max: 400 }],
      // A state added to a union must be met with a decision wherever that union is switched on.
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      // A parameter that an interface demands and this implementation does not need starts with _.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],

      // Numbers read the same in a template as anywhere else; objects and undefined stay errors.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // `() => this.close()` as a callback is not a mistake about the value.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidOperator: true }],
      // The reason of an AbortSignal belongs to the caller and is thrown as it came.
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingAny: true, allowThrowingUnknown: true }],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingAny: true, allowThrowingUnknown: true }],

      // Off: an async function without an await turns a throw into a rejection, which is what a
      // function that returns a promise owes its caller.
      '@typescript-eslint/require-await': 'off',
      // Off: noUncheckedIndexedAccess is off (tsconfig.base.json says why), so to this rule every
      // check of what came out of an array looks unnecessary.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Off: a field of a state machine is set in the states that read it. `!` says so; a check
      // would be a branch on the hot path that no test can reach.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Off: HTTP is defined in terms of control characters, and so are its patterns.
      'no-control-regex': 'off',
    },
  },

  // The packages' sources: the layers.
  {
    files: ['packages/*/src/**/*.{ts,cts,tsx}'],
    rules: {
      'house/layers': 'error',
      'house/file-names': 'error',
    },
  },
  // The library says things through errors, reports and return values; its user owns the console.
  { files: ['packages/watertight/src/**/*.ts'], rules: { 'no-console': 'error' } },

  // Tests reach for what the types forbid, on purpose; the rules about promises stay.
  {
    files: ['packages/*/test/**/*.ts', '**/*.test.js'],
    rules: {
      // node:test waits for what it has been given; its calls return promises for nested use only.
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: testCalls }] },
      ],
      '@typescript-eslint/no-unsafe-argument': 'off', // parsed JSON, fakes, wrong input
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-empty-function': 'off', // a fake that does nothing
      '@typescript-eslint/unbound-method': 'off', // assert.equal(fake.method, original)
      '@typescript-eslint/no-confusing-void-expression': 'off', // `() => assert.equal(…)`
      'max-lines': 'off', // tables of cases; a test file mirrors its source, whose length is checked
    },
  },

  // Scripts and lint itself: plain JavaScript with the types that can be inferred.
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: {
      parserOptions: { projectService: false, project: ['./tsconfig.tools.json'] },
    },
    rules: {
      // Off: untyped parameters are `any` in JavaScript, and these rules only repeat it.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/restrict-plus-operands': 'off',
      // Off: tsc knows the globals of Node; a list here would be a second opinion.
      'no-undef': 'off',
    },
  },
  // A response that some path leaves unread. Not where leaks are the subject: tests, examples, the demo.
  ...(watertight === null
    ? []
    : [{ files: ['packages/*/src/**/*.ts', 'bench/**/*.js', '**/scripts/*.mjs'], ignores: ['packages/watch/src/demo/**'], ...watertight.configs.recommended }]),
  // The lint rules read syntax trees.
  {
    files: ['packages/eslint-plugin/src/**/*.ts'],
    // Off: a node's type is compared with the name that ESTree gives it; tsc checks that there is one.
    rules: { '@typescript-eslint/no-unsafe-enum-comparison': 'off' },
  },
  // ESLint and other tools read the default export of their configuration.
  { files: ['eslint.config.js', '*.config.{js,ts}'], rules: { 'import-x/no-default-export': 'off' } },
  // ESLint's own convention: `import watertight from 'eslint-plugin-watertight'`.
  { files: ['packages/eslint-plugin/src/index.ts'], rules: { 'import-x/no-default-export': 'off' } },
  // Jest's: a test environment is the default export of the module that `testEnvironment` names.
  { files: ['packages/watertight/src/jest.ts'], rules: { 'import-x/no-default-export': 'off' } },
);
