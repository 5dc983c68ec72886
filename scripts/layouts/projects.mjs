// Owns the table of projects: each a runner with a loader, a pool, a simulated document, fake timers, coverage and so on.
// `{mocha}` in the arguments is mocha's program, `{node}` the Node under test.
import { modules, testFile } from './sources.mjs';

const NODE = ['--test', '--test-reporter=tap'];
const MOCHA = ['{mocha}', '--timeout', '60000', '--require', 'watertight/mocha'];
const JEST = ['{jest}', '--verbose'];
const VITEST = ['{vitest}', 'run', '--reporter=verbose'];
const TYPED = { target: 'es2022', module: 'nodenext', moduleResolution: 'nodenext', sourceMap: true, allowImportingTsExtensions: true, noEmit: true };
const COMMON = { target: 'es2022', module: 'commonjs', sourceMap: true, esModuleInterop: true };
const BUILT = { target: 'es2022', module: 'nodenext', moduleResolution: 'nodenext', rewriteRelativeImportExtensions: true, outDir: 'out', rootDir: '.', types: [], noCheck: true };
const FAKED = "['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'setImmediate', 'clearImmediate', 'Date', 'performance', 'hrtime']";
const SWC = { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } };
const MODULES = { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' };

const PROLOGUE = {
  'node-test': { import: "import 'watertight/node-test';\nimport { test } from 'node:test';", require: "require('watertight/node-test');\nconst { test } = require('node:test');" },
  mocha: { import: 'const test = globalThis.it;', require: 'const test = it;' },
  jest: { import: "import { test } from '@jest/globals';", require: '' },
  vitest: { import: "import { test } from 'vitest';" },
};

/** The files of a project. `before` comes before the tests. */
function files(runner, language, { client = true, before = '', tsconfig = null, esm = language !== 'cjs', other = {}, twice = false } = {}) {
  const extension = language === 'ts' ? 'ts' : 'js';
  const source = testFile(language, client, `${PROLOGUE[runner][language === 'cjs' || (runner === 'jest' && !client) ? 'require' : 'import']}\n${before}`);
  return {
    'package.json': JSON.stringify(esm ? { type: 'module' } : {}),
    ...modules(language, client),
    [`a.test.${extension}`]: source,
    ...(twice ? { [`b.test.${extension}`]: source } : {}),
    ...(tsconfig === null ? {} : { 'tsconfig.json': JSON.stringify({ compilerOptions: tsconfig }) }),
    ...other,
  };
}

const projects = [];
const add = (name, runner, options) => projects.push({ name: `${runner}, ${name}`, runner, client: true, needs: [], environment: {}, since: 20, times: 1, ...options });

const jestConfig = (options = {}) => ({ 'jest.config.json': JSON.stringify({ testMatch: ['**/*.test.*'], testEnvironment: 'watertight/jest', testTimeout: 60_000, ...options }) });
const vitestConfig = (options = {}) => ({ 'vitest.config.mjs': `export default ${JSON.stringify({ test: { include: ['*.test.*'], setupFiles: ['watertight/vitest'], watch: false, testTimeout: 60_000, ...options } })};\n` });
const transform = (...by) => ({ transform: { '\\.ts$': by.length === 1 ? by[0] : by } });
const tsJest = (options = {}) => transform('ts-jest', { diagnostics: false, tsconfig: { ...COMMON, isolatedModules: true, ...options } });

// node:test
add('ES modules', 'node-test', { files: files('node-test', 'esm'), args: [...NODE, 'a.test.js'] });
add('CommonJS', 'node-test', { files: files('node-test', 'cjs'), args: [...NODE, 'a.test.js'] });
add('type stripping', 'node-test', { since: 22.18, files: files('node-test', 'ts'), args: [...NODE, 'a.test.ts'] });
for (const [name, map] of Object.entries({ 'maps in files': { sourceMap: true }, 'maps inside': { inlineSourceMap: true } })) {
  for (const flags of [[], ['--enable-source-maps']]) add(`tsc, ${name}${flags.map((flag) => `, ${flag}`).join('')}`, 'node-test', { needs: ['typescript'], files: files('node-test', 'ts', { tsconfig: { ...BUILT, ...map } }), prepare: ['{tsc}', '-p', '.'], args: [...flags, ...NODE, 'out/a.test.js'] });
}
add('tsx', 'node-test', { needs: ['tsx'], files: files('node-test', 'ts', { tsconfig: TYPED }), args: ['--import', 'tsx', ...NODE, 'a.test.ts'] });
add('tsx, CommonJS', 'node-test', { needs: ['tsx'], files: files('node-test', 'ts', { tsconfig: TYPED, esm: false }), args: ['--require', 'tsx/cjs', ...NODE, 'a.test.ts'] });
add('swc-node', 'node-test', { needs: ['@swc-node/register'], files: files('node-test', 'ts', { tsconfig: TYPED }), args: ['--import', '@swc-node/register/esm-register', ...NODE, 'a.test.ts'] });
add('swc-node, CommonJS', 'node-test', { needs: ['@swc-node/register'], files: files('node-test', 'ts', { tsconfig: COMMON, esm: false }), args: ['--require', '@swc-node/register', ...NODE, 'a.test.ts'] });
add('fake timers', 'node-test', { files: files('node-test', 'esm', { before: "import { afterEach, beforeEach, mock } from 'node:test';\nbeforeEach(() => mock.timers.enable());\nafterEach(() => mock.timers.reset());" }), args: [...NODE, 'a.test.js'] });
add('sinon', 'node-test', { needs: ['sinon'], files: files('node-test', 'esm', { before: `import sinon from 'sinon';\nsinon.useFakeTimers({ toFake: ${FAKED} });` }), args: [...NODE, 'a.test.js'] });
add('--experimental-test-coverage', 'node-test', { files: files('node-test', 'esm'), args: ['--experimental-test-coverage', ...NODE, 'a.test.js'] });
add('no isolation', 'node-test', { since: 22.8, times: 2, files: files('node-test', 'esm', { twice: true }), args: [...NODE, '--test-isolation=none', 'a.test.js', 'b.test.js'] });

// mocha
add('ES modules', 'mocha', { needs: ['mocha'], files: files('mocha', 'esm'), args: [...MOCHA, 'a.test.js'] });
add('CommonJS', 'mocha', { needs: ['mocha'], files: files('mocha', 'cjs'), args: [...MOCHA, 'a.test.js'] });
add('type stripping', 'mocha', { since: 22.18, needs: ['mocha'], files: files('mocha', 'ts'), args: [...MOCHA, 'a.test.ts'] });
add('tsx', 'mocha', { needs: ['mocha', 'tsx'], files: files('mocha', 'ts', { tsconfig: TYPED }), args: ['--import', 'tsx', ...MOCHA, 'a.test.ts'] });
add('swc-node', 'mocha', { needs: ['mocha', '@swc-node/register'], files: files('mocha', 'ts', { tsconfig: TYPED }), args: ['--import', '@swc-node/register/esm-register', ...MOCHA, 'a.test.ts'] });
add('swc-node, CommonJS', 'mocha', { needs: ['mocha', '@swc-node/register'], files: files('mocha', 'ts', { tsconfig: COMMON, esm: false }), args: [...MOCHA, '--require', '@swc-node/register', 'a.test.ts'] });
add('retries', 'mocha', { needs: ['mocha'], files: files('mocha', 'esm'), args: [...MOCHA, '--retries', '1', 'a.test.js'] });
add('--parallel', 'mocha', { times: 2, needs: ['mocha'], files: files('mocha', 'esm', { twice: true }), args: [...MOCHA, '--parallel', 'a.test.js', 'b.test.js'] });
add('c8', 'mocha', { needs: ['mocha', 'c8'], files: files('mocha', 'esm'), args: ['{c8}', '{node}', ...MOCHA, 'a.test.js'] });
for (const library of ['sinon', '@sinonjs/fake-timers']) {
  const install = library === 'sinon' ? 'sinon.useFakeTimers' : 'sinon.install';
  const remove = library === 'sinon' ? 'sinon.restore()' : 'clock.uninstall()';
  add(library, 'mocha', { needs: ['mocha', library], files: files('mocha', 'esm', { before: `import sinon from '${library}';\nlet clock;\nbeforeEach(() => void (clock = ${install}({ toFake: ${FAKED} })));\nafterEach(() => ${remove});` }), args: [...MOCHA, 'a.test.js'] });
}

// jest
const inJest = (language, options) => files('jest', language, { client: false, esm: false, ...options });
const jest = (name, config, options = {}) => add(name, 'jest', { client: false, needs: ['jest', ...(options.more ?? [])], files: inJest(options.language ?? 'cjs', { before: options.before, twice: options.times === 2, other: { ...jestConfig(config), ...options.other } }), args: [...JEST, ...(options.flags ?? [])], times: options.times ?? 1 });
const jestModules = (name, language, config, more) => add(name, 'jest', { needs: ['jest', ...more], environment: MODULES, files: files('jest', language, { other: jestConfig({ ...config, ...(language === 'ts' ? { extensionsToTreatAsEsm: ['.ts'] } : {}) }) }), args: JEST });
jest('CommonJS', {});
jestModules('ES modules', 'esm', {}, []);
jest('ts-jest', tsJest(), { language: 'ts', more: ['ts-jest'] });
jestModules('ts-jest, ES modules', 'ts', transform('ts-jest', { useESM: true, diagnostics: false, tsconfig: { target: 'es2022', module: 'esnext', moduleResolution: 'bundler', isolatedModules: true, allowImportingTsExtensions: true, noEmit: true } }), ['ts-jest']);
jest('swc', transform('@swc/jest', SWC), { language: 'ts', more: ['@swc/jest', '@swc/core'] });
jestModules('swc, ES modules', 'ts', transform('@swc/jest', SWC), ['@swc/jest', '@swc/core']);
for (const provider of ['babel', 'v8']) {
  jest(`--coverage, ${provider}`, {}, { flags: ['--coverage', `--coverageProvider=${provider}`] });
  jest(`--coverage, ${provider}, ts-jest`, tsJest(), { language: 'ts', more: ['ts-jest'], flags: ['--coverage', `--coverageProvider=${provider}`] });
}
jest('fake timers', { fakeTimers: { enableGlobally: true } });
jest('legacy fake timers', { fakeTimers: { enableGlobally: true, legacyFakeTimers: true } });
jest('sinon', {}, { more: ['sinon'], before: `const sinon = require('sinon');\nbeforeEach(() => void sinon.useFakeTimers({ toFake: ${FAKED} }));\nafterEach(() => sinon.restore());` });
jest('test.concurrent', {}, { before: 'globalThis.test = test.concurrent;' });
jest('retries', {}, { before: 'jest.retryTimes(1);' });
jest('workers', {}, { times: 2, flags: ['--maxWorkers=2'] });
jest('worker threads', { workerThreads: true }, { times: 2, flags: ['--maxWorkers=2'] });
// A document of jsdom has no fetch of its own: it is that of Node, handed over.
jest('jsdom', { testEnvironment: './document.cjs' }, { more: ['jest-environment-jsdom'], other: { 'document.cjs': "const { TestEnvironment } = require('jest-environment-jsdom');\nclass Document extends TestEnvironment {\n  async setup() {\n    await super.setup();\n    this.global.fetch = fetch;\n  }\n}\nmodule.exports = require('watertight/jest').withLeakCheck(Document);\n" } });

// vitest
const vitest = (name, options, { more = [], before = '', times = 1 } = {}) => add(name, 'vitest', { needs: ['vitest', ...more], times, files: files('vitest', 'ts', { before, twice: times === 2, other: vitestConfig(options) }), args: VITEST });
for (const pool of ['forks', 'threads', 'vmThreads', 'vmForks']) {
  vitest(pool, { pool });
  vitest(`${pool}, jsdom`, { pool, environment: 'jsdom' }, { more: ['jsdom'] });
}
for (const provider of ['v8', 'istanbul']) vitest(`coverage, ${provider}`, { coverage: { enabled: true, provider } }, { more: [`@vitest/coverage-${provider}`] });
vitest('one process', { isolate: false, maxWorkers: 1 }, { times: 2 });
for (const pool of ['forks', 'vmThreads']) vitest(`fake timers, ${pool}`, { pool, fakeTimers: { toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate', 'Date', 'performance'] } }, { before: "import { vi } from 'vitest';\nvi.useFakeTimers();" });
vitest('tests at the same time', { sequence: { concurrent: true } });
vitest('retry', { retry: 1 });
vitest('the adapter inlined', { server: { deps: { inline: ['watertight'] } } });

export { projects };
