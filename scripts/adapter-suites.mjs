// Runs other people's test suites twice, as they are and under our leak checks, and lists each test that fails only
// under the check, with the line that the report names. docs/leak-checks-in-the-field.md has the verdicts.
//
//   node scripts/adapter-suites.mjs FOLDER            every checkout below FOLDER, with its dependencies installed
//   node scripts/adapter-suites.mjs FOLDER koa nock   only these
//   … --json FILE                                     writes the differences as data, too
//   NODE_UNDER_TEST=/path/to/node                     runs them on another Node than this script
//
// Suites of mocha, jest, vitest and node:test are found by the scripts of their package.json. FOLDER/suites.json can
// say more: { "axios": { "runner": "mocha", "args": ["test/unit/**/*.js"], "env": { "NODE_ENV": "test" } } }.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs, stripVTControlCharacters } from 'node:util';

const { positionals, values } = parseArgs({ allowPositionals: true, options: { json: { type: 'string' } } });
const [folder, ...chosen] = positionals;
if (folder === undefined) {
  console.error('usage: node scripts/adapter-suites.mjs FOLDER [suite...] [--json FILE]');
  process.exit(2);
}
const node = process.env.NODE_UNDER_TEST ?? process.execPath;
const dist = fileURLToPath(new URL('../packages/watertight/dist/', import.meta.url));
/** The time limit of one run. */
const DEADLINE_MS = 15 * 60_000;

const given = existsSync(join(folder, 'suites.json')) ? JSON.parse(readFileSync(join(folder, 'suites.json'), 'utf8')) : {};
const room = mkdtempSync(join(tmpdir(), 'adapter-suites-'));

/** How each runner is called, and how its report is read: a list of { file, name, error }, where error is null for a test that passed. */
const RUNNERS = {
  mocha: {
    bin: ['mocha/bin/mocha.js', 'mocha/bin/_mocha'],
    args: (args, report, checked) => [...args, '--reporter', 'json', '--reporter-option', `output=${report}`, ...(checked ? ['--require', join(dist, 'mocha.js')] : [])],
    read: (report) => JSON.parse(readFileSync(report, 'utf8')).tests.filter(({ pending }) => pending !== true).map(({ file, fullTitle, err }) => ({ file, name: fullTitle, error: err?.message === undefined ? null : `${err.message}\n${err.stack ?? ''}` })),
    // Failures of hooks, and of the run at its end, are no tests.
    more: (report) => JSON.parse(readFileSync(report, 'utf8')).failures.map(({ file, fullTitle, err }) => ({ file, name: fullTitle, error: `${err?.message}\n${err?.stack ?? ''}` })),
  },
  jest: {
    bin: ['jest/bin/jest.js'],
    args: (args, report, checked) => [...args, '--json', `--outputFile=${report}`, ...(checked ? [`--testEnvironment=${join(dist, 'jest-entry.cjs')}`] : [])],
    read: (report) => JSON.parse(readFileSync(report, 'utf8')).testResults.flatMap(({ name: file, assertionResults, message }) => [
      ...assertionResults.filter(({ status }) => status === 'passed' || status === 'failed').map(({ fullName, status, failureMessages }) => ({ file, name: fullName, error: status === 'passed' ? null : stripVTControlCharacters(failureMessages.join('\n')) })),
      ...(assertionResults.some(({ status }) => status === 'failed') || message === '' ? [] : [{ file, name: '(the file)', error: stripVTControlCharacters(message) }]),
    ]),
  },
  vitest: {
    bin: ['vitest/vitest.mjs'],
    args: (args, report, checked, root) => ['run', ...args, '--reporter=json', `--outputFile=${report}`, ...(checked ? [`--config=${vitestConfig(root)}`] : [])],
    read: (report) => RUNNERS.jest.read(report),
  },
  'node:test': {
    bin: [],
    args: (args, report, checked) => [...(checked ? ['--import', pathToFileURL(join(dist, 'node-test.js')).href] : []), '--test', `--test-reporter=${pathToFileURL(reporter()).href}`, `--test-reporter-destination=${report}`, ...args],
    read: (report) => readFileSync(report, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line)),
  },
};

/** A reporter of node:test that writes a line of JSON for each test. A suite that fails only because of its tests is left out. */
function reporter() {
  const path = join(room, 'reporter.mjs');
  writeFileSync(path, `export default async function* (source) {
  for await (const { type, data } of source) {
    if ((type !== 'test:pass' && type !== 'test:fail') || data.skip !== undefined || data.todo !== undefined) continue;
    const error = type === 'test:pass' ? null : data.details.error;
    if (data.details.type === 'suite' && (error === null || error.failureType === 'subtestsFailed')) continue;
    if (error?.failureType === 'subtestsFailed') continue;
    const cause = error?.cause ?? error;
    yield JSON.stringify({ file: data.file, name: data.name, line: data.line, error: error === null ? null : String(cause?.stack ?? cause) + '\\n' + String(cause?.message ?? '') }) + '\\n';
  }
}`);
  return path;
}

/** A configuration in the checkout that adds our set-up file to its own. */
function vitestConfig(root) {
  const path = join(root, 'vitest.watertight.mjs');
  const own = ['vitest', 'vite'].flatMap((name) => ['ts', 'mts', 'js', 'mjs'].map((ending) => `${name}.config.${ending}`)).find((name) => existsSync(join(root, name)));
  writeFileSync(path, `import { mergeConfig } from 'vitest/config';
${own === undefined ? 'const own = {};' : `import own from './${own}';`}
const base = typeof own === 'function' ? await own({ command: 'serve', mode: 'test' }) : own;
const setup = { test: { setupFiles: [${JSON.stringify(join(dist, 'vitest.js'))}] } };
const projects = base.test?.projects?.map((each) => (typeof each === 'string' ? each : mergeConfig(each, setup)));
export default projects === undefined ? mergeConfig(base, setup) : { ...base, test: { ...base.test, projects } };
`);
  process.once('exit', () => rmSync(path, { force: true }));
  return path;
}

/** The words of a shell command. */
const words = (command) => [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare);

/** Which runner a checkout has, and with which arguments, by its scripts. */
function suiteOf(name, root) {
  const path = join(root, 'package.json');
  if (!existsSync(path)) return null;
  const { scripts = {}, version = '' } = JSON.parse(readFileSync(path, 'utf8'));
  if (given[name] !== undefined) return { name, root, version, env: {}, ...given[name] };
  for (const command of Object.values(scripts).flatMap((script) => script.split(/&&|;/))) {
    const all = words(command);
    const at = all.findIndex((word) => /^(?:mocha|jest|vitest|borp|--test)$/.test(word));
    if (at === -1) continue;
    const runner = all[at] === '--test' || all[at] === 'borp' ? 'node:test' : all[at];
    const reporterAt = (index) => /^--?(?:reporter|R)$/.test(all[index]);
    let args = all.slice(at + 1).filter((word, index) => !reporterAt(at + 1 + index) && !reporterAt(at + index) && !/^(?:--reporter=|--coverage|run$)/.test(word));
    if (all[at] === 'borp') {
      const settings = join(root, '.borp.yaml');
      args = existsSync(settings) ? [...readFileSync(settings, 'utf8').matchAll(/^\s+- '(.+)'/gm)].map(([, pattern]) => pattern) : [];
    }
    return { name, root, version, runner, args, env: {} };
  }
  return null;
}

/** Runs a suite once. Rejects if it leaves no report. */
async function run({ name, root, runner, args, env }, checked) {
  const { bin, args: argsOf, read, more = () => [] } = RUNNERS[runner];
  const report = join(room, `${name}-${checked ? 'checked' : 'plain'}.json`);
  const program = bin.map((path) => join(root, 'node_modules', path)).find((path) => existsSync(path));
  if (bin.length > 0 && program === undefined) throw new Error(`${runner} is not installed in ${root}`);
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...inherited } = process.env;
  const started = performance.now();
  const child = spawn(node, [...(program === undefined ? [] : [program]), ...argsOf(args, report, checked, root)], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...inherited, NO_COLOR: '1', FORCE_COLOR: '0', CI: '1', ...env }, timeout: DEADLINE_MS, killSignal: 'SIGKILL' });
  let printed = '';
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (printed += text));
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output = (output + text).slice(-5000)));
  const status = await new Promise((done) => child.once('close', (code, signal) => done(code ?? signal)));
  // mocha before version 9.2 prints its report.
  const begin = printed.indexOf('{\n  "stats"');
  if (!existsSync(report) && runner === 'mocha' && begin !== -1) writeFileSync(report, printed.slice(begin, printed.lastIndexOf('}') + 1));
  if (!existsSync(report)) throw new Error(`${name} left no report (exit status ${status})\n${stripVTControlCharacters(output)}`);
  const seconds = (performance.now() - started) / 1000;
  const results = new Map();
  for (const each of [...read(report), ...more(report)]) {
    const key = `${each.file === undefined || each.file === null ? '' : relative(root, each.file)} › ${each.name}`;
    if (results.get(key) === undefined || results.get(key) === null) results.set(key, each.error);
  }
  return { results, seconds };
}

/** The leaks of an error's text: what each is, and the line at which it was opened. */
function leaksOf(error) {
  const lines = error.split('\n');
  const found = lines.flatMap((line, at) => {
    const place = /^\s+(?:opened|started|made) at (.+)$/.exec(lines[at + 1] ?? '')?.[1];
    return place === undefined ? [] : [{ what: line.trim(), place }];
  });
  // An error's stack repeats its message.
  return [...new Map(found.map((leak) => [`${leak.what} ${leak.place}`, leak])).values()];
}

async function compare(suite) {
  const plain = await run(suite, false);
  const checked = await run(suite, true);
  const failed = ({ results }) => [...results].filter(([, error]) => error !== null);
  const before = new Set(failed(plain).map(([key]) => key));
  const found = failed(checked).filter(([key]) => !before.has(key)).map(([key, error]) => ({ test: key, leaks: leaksOf(error), error: error.slice(0, 2000) }));
  return { suite: suite.name, version: suite.version, runner: suite.runner, tests: plain.results.size, failedPlain: before.size, seconds: [plain.seconds, checked.seconds].map((each) => Math.round(each)), found };
}

const names = chosen.length > 0 ? chosen : readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map((entry) => entry.name).sort();
const all = [];
for (const name of names) {
  const suite = suiteOf(name, resolve(folder, name));
  if (suite === null) {
    console.log(`${name}: no suite of mocha, jest, vitest or node:test is named in its package.json`);
    continue;
  }
  try {
    const result = await compare(suite);
    all.push(result);
    console.log(`${name} ${suite.version} (${suite.runner}): ${result.tests} tests, ${result.failedPlain} fail as they are, ${result.found.length} more under the check; ${result.seconds.join(' and ')} s`);
    for (const { test, leaks, error } of result.found) {
      console.log(`  ${test}`);
      if (leaks.length === 0) console.log(`      no leak: ${error.split('\n', 2).join(' ').slice(0, 200)}`);
      for (const { what, place } of leaks) console.log(`      ${what}\n          at ${place}`);
    }
  } catch (error) {
    process.exitCode = 1;
    console.log(`${name}: ${error instanceof Error ? error.message : error}`);
  }
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(all, null, 2)}\n`);
rmSync(room, { recursive: true, force: true });
