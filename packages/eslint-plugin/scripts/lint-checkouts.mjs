// Runs no-unread-body over a folder of checkouts, as docs/no-unread-body.md reports it.
//
//   npm run build && node packages/eslint-plugin/scripts/lint-checkouts.mjs FOLDER [--sample N] [--seed N] [--only NAME] [--jobs N] [--check] [--save FILE]
//
// Each folder in FOLDER is a checkout of one repository. Nothing of it is installed or run: types come from the
// platform, from Node, from the checkout's own packages, and from a `node_modules` beside FOLDER if there is one.
// Tests, examples and generated files are left out. Each checkout is linted in a process of its own, --jobs at a
// time (default 1), so that one that needs too much memory takes no other with it.
// With --sample, N reports are drawn at random, the same for the same seed, each with its lines and suggestion.
// --check makes each suggestion in the checkout's program (not on disk), and lists those with a new error of syntax
// or of types. --save writes all reports as JSON.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { shuffled } from './draw.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { sample: { type: 'string' }, seed: { type: 'string', default: '1' }, only: { type: 'string' }, jobs: { type: 'string', default: '1' }, check: { type: 'boolean', default: false }, save: { type: 'string' } } });
const folder = positionals.at(0) && resolve(positionals[0]);
if (folder === undefined) {
  console.error('usage: lint-checkouts.mjs FOLDER [--sample N] [--seed N] [--only NAME] [--jobs N] [--check] [--save FILE]');
  process.exit(2);
}

const WORKER = fileURLToPath(new URL('lint-checkout.mjs', import.meta.url));

/** The result for one checkout; null if its process failed. */
async function lint(name) {
  const child = spawn(process.execPath, ['--max-old-space-size=6144', WORKER, join(folder, name), ...(values.check ? ['--check'] : [])], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) text += chunk;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && (values.only === undefined || entry.name === values.only))
  .map(({ name }) => name)
  .sort();
const results = new Map();
const waiting = [...names];
async function work() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const result = await lint(name);
    results.set(name, result);
    console.log(result === null ? `${name}: failed` : `${name}: ${result.files} files, ${result.lines} lines, ${result.requests} requests seen, ${result.found.length} findings, ${result.found.filter(({ suggestions }) => suggestions > 0).length} with a suggestion`);
  }
}
await Promise.all(Array.from({ length: Number(values.jobs) }, work));

const reports = [];
const sums = { checkouts: 0, files: 0, lines: 0, requests: 0, unparsed: 0, suggested: 0, checked: 0 };
const broken = [];
for (const name of names) {
  const result = results.get(name);
  if (!result) continue;
  sums.checkouts++;
  sums.files += result.files;
  sums.lines += result.lines;
  sums.requests += result.requests;
  sums.unparsed += result.unparsed;
  sums.suggested += result.found.filter(({ suggestions }) => suggestions > 0).length;
  sums.checked += result.checked;
  broken.push(...result.broken);
  reports.push(...result.found.map((each) => ({ ...each, file: relative(folder, each.file) })));
}
console.log(`\n${sums.checkouts} checkouts: ${sums.files} files, ${sums.lines} lines, ${sums.requests} requests seen, ${reports.length} findings, ${sums.suggested} with a suggestion`);
if (sums.unparsed > 0) console.log(`${sums.unparsed} files could not be parsed`);
if (values.check) console.log(`${sums.checked} suggestions compiled, ${broken.length} with a new error`);
for (const { file, line, errors } of broken) console.log(`  ${relative(folder, file)}:${line} ${errors.join(' ')}`);
if (values.save !== undefined) writeFileSync(values.save, JSON.stringify(reports));

const drawn = values.sample === undefined ? [] : shuffled(reports, Number(values.seed)).slice(0, Number(values.sample));
for (const [index, { file, line, column, message, fixed }] of drawn.entries()) {
  console.log(`\n#${index + 1} ${file}:${line}:${column}\n  ${message}`);
  const lines = readFileSync(join(folder, file), 'utf8').split('\n');
  for (const [offset, text] of lines.slice(Math.max(0, line - 4), line + 24).entries()) console.log(`  ${Math.max(1, line - 3) + offset}| ${text.slice(0, 150)}`);
  if (fixed === null) continue;
  const old = new Set(lines);
  for (const [number, text] of fixed.split('\n').entries()) if (!old.has(text)) console.log(`  +${number + 1}| ${text}`);
}
