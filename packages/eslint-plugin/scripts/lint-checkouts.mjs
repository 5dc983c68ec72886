// Runs no-unread-body over a folder of checkouts, as docs/no-unread-body.md reports it.
//
//   npm run build && node packages/eslint-plugin/scripts/lint-checkouts.mjs FOLDER [--sample N] [--seed N] [--only NAME]
//
// Each folder in FOLDER is a checkout of one repository. Nothing of it is installed or run: types come from the
// platform, from Node, and from the checkout's own packages. Tests, examples and generated files are left out.
// With --sample, N reports are drawn at random, the same for the same seed, each with its lines and suggestion.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { lintProgram } from './lint-program.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { sample: { type: 'string' }, seed: { type: 'string', default: '1' }, only: { type: 'string' } } });
const [folder] = positionals;
if (folder === undefined) {
  console.error('usage: lint-checkouts.mjs FOLDER [--sample N] [--seed N] [--only NAME]');
  process.exit(2);
}

const SKIPPED_FOLDER = /^(node_modules|\.git|dist|build|out|lib-cov|coverage|vendor|third_party|__tests__|__mocks__|tests?|e2e|spec|specs|examples?|samples?|demos?|docs?|fixtures?|benchmarks?|bench|templates?|\..*)$/i;
const SOURCE = /\.(ts|tsx|mts|cts|js|jsx|mjs|cjs)$/;
const SKIPPED_FILE = /\.d\.[cm]?ts$|[.-](test|spec|stories|bench|e2e)\.|\.min\.|\.config\.|(^|\/)(test|jest|vitest|mock)/i;

const CLIENT = /\bfetch\b|undici|\bhttps?\b|axios|\bgot\b|node-fetch|\bky\b/;

/** Sources with a client, and the checkout's own packages by name. */
function readCheckout(at) {
  const files = [];
  const paths = {};
  const visit = (here) => {
    for (const entry of readdirSync(here, { withFileTypes: true })) {
      const path = join(here, entry.name);
      if (entry.isDirectory()) {
        if (!SKIPPED_FOLDER.test(entry.name)) visit(path);
      } else if (entry.name === 'package.json') addPackage(path);
      else if (entry.isFile() && SOURCE.test(entry.name) && !SKIPPED_FILE.test(entry.name) && statSync(path).size < 300_000) {
        if (CLIENT.test(readFileSync(path, 'utf8'))) files.push(path);
      }
    }
  };
  const addPackage = (manifest) => {
    try {
      const { name } = JSON.parse(readFileSync(manifest, 'utf8'));
      const home = dirname(manifest);
      if (typeof name === 'string' && name !== '') Object.assign(paths, { [name]: [join(home, 'src/index'), join(home, 'src'), home], [`${name}/*`]: [join(home, 'src/*'), join(home, '*')] });
    } catch {
      // A broken manifest names no package.
    }
  };
  visit(at);
  return { files, paths };
}

/** A generator of numbers in [0, 1) that gives the same ones for the same seed (mulberry32). */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled(list, random) {
  const all = [...list];
  for (let last = all.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [all[last], all[other]] = [all[other], all[last]];
  }
  return all;
}

const types = dirname(dirname(createRequire(import.meta.url).resolve('@types/node/package.json')));
const checkouts = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory() && (values.only === undefined || entry.name === values.only));
const reports = [];
const sums = { checkouts: 0, files: 0, requests: 0, found: 0, suggested: 0 };
for (const { name } of checkouts) {
  const at = join(folder, name);
  const { files, paths } = readCheckout(at);
  const { requests, found } = lintProgram(files, { typeRoots: [types], paths });
  const suggested = found.filter(({ suggestions }) => suggestions > 0).length;
  sums.checkouts++;
  sums.files += files.length;
  sums.requests += requests;
  sums.found += found.length;
  sums.suggested += suggested;
  reports.push(...found.map((each) => ({ ...each, file: relative(folder, each.file) })));
  console.log(`${name}: ${files.length} files, ${requests} requests seen, ${found.length} findings, ${suggested} with a suggestion`);
}
console.log(`\n${sums.checkouts} checkouts: ${sums.files} files, ${sums.requests} requests seen, ${sums.found} findings, ${sums.suggested} with a suggestion`);

const drawn = values.sample === undefined ? [] : shuffled(reports, randomOf(Number(values.seed))).slice(0, Number(values.sample));
for (const [index, { file, line, column, message, fixed }] of drawn.entries()) {
  console.log(`\n#${index + 1} ${file}:${line}:${column}\n  ${message}`);
  const lines = readFileSync(join(folder, file), 'utf8').split('\n');
  for (const [offset, text] of lines.slice(Math.max(0, line - 4), line + 24).entries()) console.log(`  ${Math.max(1, line - 3) + offset}| ${text.slice(0, 150)}`);
  if (fixed === null) continue;
  const old = new Set(lines);
  for (const [number, text] of fixed.split('\n').entries()) if (!old.has(text)) console.log(`  +${number + 1}| ${text}`);
}
