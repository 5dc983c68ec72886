// Runs test files of undici or of Node with and without `watertight/register`, and says which do not give the same
// results: `node scripts/observed-suites.mjs FOLDER`. The folder is a checkout (of undici, after `npm install` in it; of
// Node, its folder `test` is enough); nothing of it is kept here.
//
// Each file runs once plain and once with the observation. Where these differ, both run twice more: a file whose results
// are not steady is listed as such, because it says nothing. A file that differs in the same way with `--import` of an
// empty module differs because of Node's loader, not because of the observation; it is listed apart as well.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const USAGE = `node scripts/observed-suites.mjs FOLDER [options]

  FOLDER             a checkout of nodejs/undici (after npm install) or of nodejs/node
  --node PATH        the Node that runs the files (default: the one that runs this)
  --only TEXT        only files whose path contains the text
  --jobs N           files at a time (default 2)
  --limit SECONDS    the most that a file may take (default 60)
  --json FILE        writes all results there
`;

const REGISTER = pathToFileURL(fileURLToPath(new URL('../packages/watertight/dist/register.js', import.meta.url))).href;
const EMPTY = 'data:text/javascript,';
const TIMES_MORE = 2;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    node: { type: 'string', default: process.execPath },
    only: { type: 'string', default: '' },
    jobs: { type: 'string', default: '2' },
    limit: { type: 'string', default: '60' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (options.help || positionals.length !== 1) {
  console.error(USAGE);
  process.exit(options.help ? 0 : 1);
}

const folder = resolve(positionals[0]);
const suite = suiteOf(folder);
const files = suite.files().filter((file) => file.includes(options.only)).sort();
const results = [];
let done = 0;
await Promise.all(Array.from({ length: Number(options.jobs) }, (_, job) => work(job)));
report();
// Processes that a test left behind must not hold this one.
process.exit(results.some(({ verdict }) => verdict === 'different') ? 1 : 0);

/** What is known of the two suites: their test files, and how each is run. */
function suiteOf(root) {
  if (existsSync(join(root, 'test/parallel'))) {
    return {
      name: 'Node',
      files: () => filesIn(root, 'test/parallel').filter((file) => /\/test-(?:https?|fetch)[^/]*$/.test(file)),
      // The first comment of a file has the flags that it needs.
      flags: (text) => [...text.matchAll(/^\/\/ Flags: (.+)$/gm)].flatMap(([, flags]) => flags.trim().split(/\s+/)),
    };
  }
  const manifest = existsSync(join(root, 'package.json')) ? JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) : {};
  if (manifest.name === 'undici') {
    return {
      name: `undici ${manifest.version}`,
      files: () => filesIn(root, 'test').filter((file) => !/\/(?:fixtures|utils|types|web-platform-tests|fuzzing|autobahn|jest|node_modules)\//.test(file) && /node:test['"]/.test(readFileSync(join(root, file), 'utf8'))),
      flags: () => ['--expose-gc'],
    };
  }
  throw new Error(`${root} is neither a checkout of nodejs/undici nor of nodejs/node`);
}

function filesIn(root, below) {
  return readdirSync(join(root, below), { recursive: true }).map((file) => `${below}/${file}`).filter((file) => /\.[cm]?js$/.test(file));
}

async function work(job) {
  for (let file = files.shift(); file !== undefined; file = files.shift()) {
    const result = await compare(file, job);
    results.push(result);
    done++;
    if (result.verdict !== 'same') console.log(`${result.verdict}: ${file}\n${result.detail}`);
    if (done % 50 === 0) console.error(`${done} done, ${files.length} to go`);
  }
}

async function compare(file, job) {
  const plain = [await run(file, job, null)];
  const observed = [await run(file, job, REGISTER)];
  const { tests, failed } = plain[0];
  if (plain[0].outcome === observed[0].outcome) return { file, tests, failed, verdict: 'same', detail: '' };
  for (let time = 0; time < TIMES_MORE; time++) {
    plain.push(await run(file, job, null));
    observed.push(await run(file, job, REGISTER));
  }
  const detail = differenceOf(plain[0], observed[0]);
  const outcomes = new Set(plain.map(({ outcome }) => outcome));
  if (observed.some(({ outcome }) => outcomes.has(outcome))) return { file, tests, failed, verdict: 'unsteady', detail };
  const empty = await run(file, job, EMPTY);
  return { file, tests, failed, verdict: observed.some(({ outcome }) => outcome === empty.outcome) ? 'any --import' : 'different', detail };
}

/** Runs a file; its outcome as text that can be compared. */
async function run(file, job, loaded) {
  const flags = suite.flags(readFileSync(join(folder, file), 'utf8'));
  const args = ['--test-reporter=tap', ...flags, ...(loaded === null ? [] : ['--import', loaded]), join(folder, file)];
  // What Node's own runner sets, so that files at the same time have folders of their own.
  const env = { ...process.env, NODE_OPTIONS: '', TEST_PARALLEL: '1', TEST_SERIAL_ID: String(job), TEST_THREAD_ID: String(job) };
  const child = spawn(options.node, args, { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end(child);
  }, Number(options.limit) * 1000);
  const [code, signal] = await new Promise((ended) => child.on('exit', (...how) => ended(how)));
  clearTimeout(timer);
  end(child);
  const lines = stdout.split('\n').map((line) => /^( *)(ok|not ok) \d+ - (.*?)\s*$/.exec(line)).filter((match) => match !== null);
  // A port or a time in a name is another each time.
  const tests = lines.map(([, indent, verdict, name]) => `${indent}${verdict} ${name.replace(/\d{4,}/g, 'N')}`).sort();
  const exit = late ? `still running after ${options.limit} s` : `ended with ${signal ?? code}`;
  return { outcome: [exit, ...tests].join('\n'), tests: Math.max(1, tests.length), failed: code !== 0, text: stderr + stdout };
}

/** Ends the process with all that it has started. */
function end({ pid }) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // They have all ended.
  }
}

function differenceOf(plain, observed) {
  const first = plain.outcome.split('\n');
  const second = observed.outcome.split('\n');
  const lines = [...first.filter((line) => !second.includes(line)).map((line) => `  plain:    ${line.trim()}`), ...second.filter((line) => !first.includes(line)).map((line) => `  observed: ${line.trim()}`)];
  const error = /^.*(?:Error|error:).*$/m.exec(observed.text)?.[0].trim() ?? '';
  return [...lines.slice(0, 12), ...(error === '' ? [] : [`  ${error.slice(0, 300)}`])].join('\n');
}

function report() {
  const count = (verdict) => results.filter((result) => result.verdict === verdict).length;
  const tests = results.reduce((sum, result) => sum + result.tests, 0);
  const failing = results.filter(({ failed }) => failed).length;
  console.log(`
${suite.name} (${relative(process.cwd(), folder) || basename(folder)}) on Node ${versionOf(options.node)}
files ${results.length}, tests ${tests}, of the files ${failing} fail without it as well
same ${count('same')}, different ${count('different')}, not steady ${count('unsteady')}, different with any --import ${count('any --import')}`);
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(results, null, 1));
}

function versionOf(node) {
  return spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim().replace('v', '');
}
