// Owns the programs that use each entry point of each package once: one real request to a server on loopback, and our
// own leak check at the end. Each is written in both module systems from the same body.

/** The clean end of a program: nothing is left, and it says so. */
const USED = /^used$/m;

/**
 * One program. `needs` is what it loads: specifier to the names that it takes, or to one name for everything. The body
 * has `url` of a server that answers `hello`, and `verifyNone`.
 */
function program(language, needs, body) {
  const load = Object.entries({ 'node:assert/strict': 'assert', 'node:http': '{ createServer }', 'watertight/leak': '{ verifyNone }', ...needs }).map(([specifier, names]) => {
    if (language === 'cjs') return `const ${names} = require('${specifier}');`;
    return names.startsWith('{') ? `import ${names} from '${specifier}';` : `import * as ${names} from '${specifier}';`;
  });
  return `${load.join('\n')}
const main = async () => {
  const server = createServer((request, response) => response.end('hello'));
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const url = 'http://127.0.0.1:' + server.address().port + '/';
  ${body.trim().replaceAll('\n', '\n  ')}
  await verifyNone();
  server.close();
  server.closeAllConnections();
  console.log('used');
};
main().catch((error) => { console.error(error); process.exit(1); });
`;
}

const BODIES = {
  'watertight': [{ 'watertight': '{ get, fetch, Client, closeIdleConnections }' }, `
const response = await get(url);
assert.equal(await response.text(), 'hello');
assert.equal(await (await fetch(url)).text(), 'hello');
assert.equal(await (await new Client().get(url)).text(), 'hello');
closeIdleConnections();`],
  'watertight/tasks': [{ 'watertight': '{ get }', 'watertight/tasks': '{ tasks, taskCount }' }, `
const response = await get(url);
assert.ok(taskCount() > 0);
assert.ok([...tasks()].length > 0);
await response.text();`],
  'watertight/leak': [{ 'watertight/leak': '{ verifyNone, findLeaks, formatLeaks }' }, `
const response = await fetch(url);
const leaks = await findLeaks({ retries: 0 });
assert.equal(leaks.length, 1);
assert.match(formatLeaks(leaks), /unread body: GET/);
await response.text();`],
  'watertight/pprof': [{ 'watertight/pprof': '{ goroutineProfile, encodeProfile, parseProfile }', 'watertight': '{ get }' }, `
const response = await get(url);
const profile = parseProfile(await encodeProfile(parseProfile(await goroutineProfile())));
assert.ok(profile.samples.length > 0);
await response.text();`],
  'watertight/metrics': [{ 'watertight/metrics': '{ promMetrics, otelMetrics }', 'prom-client': 'prom', 'watertight': '{ get }' }, `
const metrics = promMetrics();
const otel = otelMetrics();
await (await get(url)).text();
assert.match(await (prom.register ?? prom.default.register).metrics(), /watertight|http_client/);
metrics.stop?.();
otel.stop?.();`],
  'watertight/mock': [{ 'watertight': '{ Client }', 'watertight/mock': '{ MockTransport }' }, `
const mock = new MockTransport(() => 'mocked');
assert.equal(await (await new Client({ transport: mock }).get('http://mock.test/')).text(), 'mocked');
assert.equal(await (await fetch(url)).text(), 'hello');`],
  'watertight/undici': [{ 'watertight/undici': '{ WatertightDispatcher }', 'undici': '{ request }' }, `
const dispatcher = new WatertightDispatcher();
assert.equal(await (await request(url, { dispatcher })).body.text(), 'hello');
await dispatcher.close();`],
  'watertight/package.json': [{ 'node:module': '{ createRequire }' }, `
assert.equal(createRequire(process.cwd() + '/a.js')('watertight/package.json').name, 'watertight');
await (await fetch(url)).text();`],
  '@watertight/watch': [{ '@watertight/watch': '{ assess }' }, `
assert.equal(typeof assess(Array.from({ length: 60 }, (_, at) => [at * 15, at, 1])), 'object');
await (await fetch(url)).text();`],
  '@watertight/watch/package.json': [{ 'node:module': '{ createRequire }' }, `
assert.equal(createRequire(process.cwd() + '/a.js')('@watertight/watch/package.json').name, '@watertight/watch');
await (await fetch(url)).text();`],
  'eslint-plugin-watertight/package.json': [{ 'node:module': '{ createRequire }' }, `
assert.equal(createRequire(process.cwd() + '/a.js')('eslint-plugin-watertight/package.json').name, 'eslint-plugin-watertight');
await (await fetch(url)).text();`],
};

/** A test file for a runner: one test that leaks and one that does not. */
function tests(language, load) {
  const from = (name, specifier) => (language === 'cjs' ? `const ${name} = require('${specifier}');` : `import ${name} from '${specifier}';`);
  const http = from('{ createServer }', 'node:http');
  return `${load ? `${load(from)}\n` : ''}${http}
let server, url;
const listen = () => new Promise((done) => { server = createServer((request, response) => response.end('hello')).listen(0, '127.0.0.1', () => { url = 'http://127.0.0.1:' + server.address().port + '/'; done(); }); });
const close = () => { server.close(); server.closeAllConnections(); };
const [first, last] = typeof beforeAll === 'undefined' ? [before, after] : [beforeAll, afterAll];
first(listen);
last(close);
it('reads', async () => { await (await fetch(url)).text(); });
it('forgets', async () => { await fetch(url); });
`;
}

const suffix = { esm: 'mjs', cjs: 'cjs' };
const LEAKS = /1 response leaked[^]*opened at/;
const leaking = "const { createServer } = await import('node:http');\nconst server = createServer((request, response) => response.end('hello')).listen(0, '127.0.0.1', async () => {\n  globalThis.kept = await fetch('http://127.0.0.1:' + server.address().port + '/');\n  const { findLeaks } = await import('watertight/leak');\n  console.log((await findLeaks({ retries: 0 })).map((leak) => leak.kind + ' ' + leak.site?.line).join());\n  await globalThis.kept.text();\n  console.log('left', (await findLeaks()).length);\n  server.close();\n  server.closeAllConnections();\n});\n";

/** Every program: the entry point, the language, its files, how Node is started, what it prints, its exit status. `{bin:…}` is a program of a package. */
export const PROGRAMS = [];
for (const language of ['esm', 'cjs']) {
  const end = suffix[language];
  for (const [entry, [needs, body]] of Object.entries(BODIES)) {
    PROGRAMS.push({ entry, language, files: { [`program.${end}`]: program(language, needs, body) }, args: [`program.${end}`], prints: USED });
  }
  const load = language === 'esm' ? '--import' : '--require';
  PROGRAMS.push(
    { entry: 'watertight/register', language, files: { 'program.mjs': leaking }, args: [load, 'watertight/register', 'program.mjs'], prints: /^body 3$[^]*^left 0$/m },
    { entry: 'watertight/node-test', language, files: { [`a.test.${end}`]: tests(language, (from) => `${from('{ before, after, it }', 'node:test')}\n${language === 'esm' ? "import 'watertight/node-test';" : "require('watertight/node-test');"}`) }, args: ['--test', `a.test.${end}`], prints: LEAKS, status: 1 },
    { entry: 'watertight/mocha', language, files: { [`a.test.${end}`]: tests(language) }, args: ['{bin:mocha/bin/mocha.js}', '--timeout', '60000', '--require', 'watertight/mocha', `a.test.${end}`], prints: LEAKS, status: 1 },
    {
      entry: 'watertight/jest', language,
      files: { [`a.test.${end}`]: tests(language), 'jest.config.cjs': `module.exports = { testEnvironment: 'watertight/jest', testMatch: ['**/a.test.*'], moduleFileExtensions: ['js', 'mjs', 'cjs', 'json'], transform: {}, testTimeout: 60_000 };` },
      args: [...(language === 'esm' ? ['--experimental-vm-modules'] : []), '{bin:jest/bin/jest.js}', '--config', 'jest.config.cjs', '--rootDir', '.'], prints: LEAKS, status: 1,
    },
  );
}
const configured = (rules) => `import watertight from 'eslint-plugin-watertight';\nexport default [${rules}];\n`;
PROGRAMS.push(
  // vitest's tests and ESLint's flat configuration with a plugin of ES modules are ES modules, whatever they test.
  { entry: 'watertight/vitest', language: 'esm', files: { 'a.test.mjs': tests('esm'), 'vitest.config.mjs': "export default { test: { globals: true, testTimeout: 60_000, setupFiles: ['watertight/vitest'] } };\n" }, args: ['{bin:vitest/vitest.mjs}', 'run', '--root', '.', '--config', 'vitest.config.mjs'], prints: LEAKS, status: 1 },
  { entry: 'watertight (command)', language: 'esm', files: { 'program.mjs': leaking.replace(/ {2}const \{ findLeaks[^]*?left'.*\n/, '') }, args: ['{bin:@watertight/watch/bin/watertight.js}', 'run', 'program.mjs'], prints: /unread body: GET/ },
  { entry: 'eslint-plugin-watertight', language: 'esm', files: { 'leak.js': "export async function status(url) {\n  const response = await fetch(url);\n  return response.status;\n}\n", 'eslint.config.mjs': configured('watertight.configs.recommended') }, args: ['{bin:eslint/bin/eslint.js}', 'leak.js'], prints: /2:\d+ +error .*watertight\/no-unread-body/, status: 1 },
  { entry: 'eslint-plugin-watertight', language: 'cjs', files: { 'leak.js': "exports.status = async (url) => {\n  const response = await fetch(url);\n  return response.status;\n};\n", 'eslint.config.cjs': "const watertight = require('eslint-plugin-watertight').default;\nmodule.exports = [{ ...watertight.configs.recommended, languageOptions: { sourceType: 'commonjs' } }];\n" }, args: ['{bin:eslint/bin/eslint.js}', 'leak.js'], prints: /2:\d+ +error .*watertight\/no-unread-body/, status: 1 },
);
