// Runs the compiled tests with node's own runner.
//
//   node scripts/test.mjs [text...]   only files with one of the texts in their path
//   node scripts/test.mjs --without text …  all but those; may be given several times
//   node scripts/test.mjs --again    runs files with a failed test once more, alone; the second result counts,
//                                    and what passes only then is listed as unsteady
//   node scripts/test.mjs --slowest 20      lists the files that took longest
//   node scripts/test.mjs --profile  prints what each file cost: how long its process lived, and the CPU time of it
//                                    and its children
//   NODE_UNDER_TEST=/path/to/node     runs the tests on another Node than this script
//
// It does not build: `npm test` calls it after `tsc -b`.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs, stripVTControlCharacters } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));

function filesUnder(folder, suffix) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    // Tests make and remove projects of their own in folders with a dot while others run.
    if (entry.isDirectory()) return entry.name.startsWith('.') ? [] : filesUnder(path, suffix);
    return entry.name.endsWith(suffix) ? [path] : [];
  });
}

// A compiled test without a source is left over from an earlier build, and must not run.
function hasSource(packageFolder, compiled) {
  const name = relative(join(packageFolder, 'dist-test'), compiled).replace(/\.js$/, '.ts');
  return existsSync(join(packageFolder, 'test', name));
}

const packageFolders = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
const everyFile = [
  ...packageFolders.flatMap((folder) =>
    filesUnder(join(folder, 'dist-test'), '.test.js').filter((file) => hasSource(folder, file)),
  ),
  ...filesUnder(join(root, 'lint'), '.test.js'),
  ...filesUnder(join(root, 'bench'), '.test.js'),
  ...filesUnder(join(root, 'conformance'), '.test.js'),
].map((file) => relative(root, file));

const { values, positionals: wanted } = parseArgs({
  options: { without: { type: 'string', multiple: true, default: [] }, again: { type: 'boolean', default: false }, slowest: { type: 'string', default: '0' }, profile: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const files = everyFile
  .filter((file) => {
    const path = file.split(sep).join('/');
    return (wanted.length === 0 || wanted.some((text) => path.includes(text))) && !values.without.some((text) => path.includes(text));
  })
  .sort();
if (files.length === 0) {
  console.error(
    wanted.length === 0
      ? 'No compiled test was found. Run `npx tsc -b` first, or `npm test`, which does.'
      : `No test file matches ${wanted.join(' or ')}. The files are:\n  ${everyFile.join('\n  ')}`,
  );
  process.exit(1);
}

const node = process.env.NODE_UNDER_TEST || process.execPath;
const { stdout: allowed } = spawnSync(node, ['--help'], { encoding: 'utf8' });
if (!allowed) {
  console.error(`${node} does not run; NODE_UNDER_TEST must be the path of a node binary.`);
  process.exit(1);
}
const ifSupported = (flag, value) => (allowed.includes(`${flag}=`) ? [`${flag}=${value}`] : []);

// With source maps, the runner names a test by its source file.
function compiledOf(file) {
  return relative(root, resolve(root, file)).replace(/^(packages[\\/][^\\/]+[\\/])test([\\/].*)\.ts$/, '$1dist-test$2.js');
}

/** A test may be defined in a module beside the files that run it; then it belongs to those files. */
function filesWith(file) {
  return files.includes(file) ? [file] : files.filter((each) => dirname(each) === dirname(file));
}

const reports = mkdtempSync(join(tmpdir(), 'watertight-tests-'));
/** Where each file's process writes what it cost, under --profile. */
const costs = join(reports, 'costs.jsonl');
let current;

/** Runs the files; returns the runner's status, and the result of each file in `files`. */
async function run(files, concurrency) {
  const report = join(reports, 'files.jsonl');
  rmSync(report, { force: true });
  current = spawn(
    node,
    [
      '--expose-gc', // a proven leak is one the collector has found
      '--enable-source-maps', // call sites in the tests are lines of the .ts files
      '--test',
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      `--test-reporter=${join(root, 'scripts/test-files.mjs')}`,
      `--test-reporter-destination=${report}`,
      ...(values.profile ? [`--import=${pathToFileURL(join(root, 'scripts/file-cost.mjs')).href}`] : []),
      ...ifSupported('--test-timeout', 420_000),
      ...ifSupported('--test-concurrency', concurrency),
      ...files,
    ],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...withoutProxies(process.env), ...(values.profile ? { WATERTIGHT_FILE_COST: costs } : {}), ...(process.stdout.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: '1' } : {}) },
    },
  );
  show(current.stdout);
  const [code, signal] = await once(current, 'close');
  if (signal !== null) console.error(`The test runner was ended by ${signal}.`);
  return { status: code ?? 1, files: linesOf(report) };
}

function linesOf(report) {
  return existsSync(report) ? readFileSync(report, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line)) : [];
}

/** A table of what the files cost, the dearest first. A file whose process was killed has told nothing. */
function showProfile(files) {
  const told = new Map(linesOf(costs).map((cost) => [relative(root, cost.file), cost]));
  const rows = files.map((file) => ({ ...told.get(file), file })).sort((a, b) => (b.wallMs ?? Infinity) - (a.wallMs ?? Infinity));
  const seconds = (ms) => (typeof ms === 'number' ? (ms / 1000).toFixed(1) : '-').padStart(8);
  const print = (name, { wallMs, cpuMs, childCpuMs }) => console.log(`${seconds(wallMs)} ${seconds(cpuMs)} ${seconds(childCpuMs)}  ${name}`);
  const sum = (key) => rows.reduce((total, row) => total + (row[key] ?? 0), 0);
  console.log('\n    wall      CPU children  seconds by file');
  for (const { file, ...cost } of rows) print(file, cost);
  print(`all ${rows.length} files`, { wallMs: sum('wallMs'), cpuMs: sum('cpuMs'), childCpuMs: sum('childCpuMs') });
}

// The spec reporter prints its summary before the failures. The summary is repeated after them, so that it is always
// the last text on the screen.
function show(output) {
  let summary = [];
  let afterSummary = false;
  let rest = '';
  const take = (line) => {
    const plain = stripVTControlCharacters(line);
    if (/^ℹ tests \d+$/.test(plain)) {
      summary = [];
      afterSummary = false;
    }
    if (/^ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/.test(plain)) summary.push(line);
    else if (summary.length > 0 && plain.trim() !== '') afterSummary = true;
  };
  output.setEncoding('utf8');
  output.on('data', (text) => {
    process.stdout.write(text);
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(take);
  });
  output.on('end', () => {
    if (rest !== '') take(rest);
    if (afterSummary) process.stdout.write(`\n${summary.join('\n')}\n`);
  });
}

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => current?.kill(signal));
try {
  // Tests mostly wait: two files more than there are cores keep the cores busy, and leave time for tests that
  // measure.
  const first = await run(files, availableParallelism() + 2);
  const empty = first.files.filter((file) => file.empty).map(({ file }) => compiledOf(file));
  process.exitCode = empty.length > 0 ? 1 : first.status;
  if (empty.length > 0) console.error(`\nNo test was declared in ${empty.join(', ')}.`);
  const slowest = first.files.sort((a, b) => b.ms - a.ms).slice(0, Number(values.slowest));
  for (const { file, ms } of slowest) console.log(`${(ms / 1000).toFixed(1).padStart(7)} s  ${relative(root, file)}`);
  if (values.profile) showProfile(files);
  const failed = [...new Set(first.files.filter((file) => file.failed).flatMap(({ file }) => filesWith(compiledOf(file))))];
  if (values.again && failed.length > 0) {
    console.log(`\nOnce more, alone: ${failed.join(', ')}`);
    const second = await run(failed, 1);
    process.exitCode = empty.length > 0 ? 1 : second.status;
    if (second.status === 0) console.log(`\nUNSTEADY: failed, and passed when run alone: ${failed.join(', ')}`);
  }
} finally {
  rmSync(reports, { recursive: true, force: true });
}

/** A proxy of this machine is not for names that only a test knows. */
function withoutProxies(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(?:https?|all|no)_proxy$/i.test(name)));
}
