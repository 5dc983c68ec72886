// Runs no-unread-body on what published packages ship, as docs/no-unread-body.md reports it.
//
//   npm run build && node packages/eslint-plugin/scripts/lint-published.mjs [name@version...]
//
// It needs the npm registry and nothing else. Packages are installed without scripts below
// node_modules/.cache/lint-published; nothing of them is run.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lintProgram } from './lint-program.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = join(root, 'node_modules/.cache/lint-published');

/** Which packages, and which of their folders: sources where they are shipped, else what runs. */
const subjects = [
  ['ky@2.1.0', ['distribution']],
  ['ofetch@1.5.1', ['dist']],
  ['openai@7.57.0', ['src']],
  ['@anthropic-ai/sdk@1.12.0', ['src']],
  ['@octokit/request@10.0.16', ['dist-src']],
  ['@modelcontextprotocol/sdk@1.32.2', ['dist/esm']],
  ['eventsource@5.1.5', ['src']],
  ['@huggingface/hub@2.17.5', ['src']],
  ['@huggingface/inference@4.13.30', ['src']],
  ['@supabase/functions-js@2.119.1', ['src']],
  ['@supabase/auth-js@2.119.1', ['src']],
  ['@supabase/storage-js@2.119.1', ['src']],
  ['@vercel/blob@2.8.0', ['dist']],
  ['@discordjs/rest@2.6.3', ['dist']],
  ['@elastic/transport@9.4.0', ['lib']],
  ['cheerio@1.2.0', ['src']],
  ['gaxios@8.3.3', ['build/esm']],
  ['@actions/http-client@4.0.1', ['lib']],
  ['node-fetch@3.3.2', ['src']],
  ['jsdom@31.0.1', ['lib']],
];

const chosen = process.argv.length > 2 ? process.argv.slice(2).map((name) => subjects.find(([subject]) => subject === name) ?? [name, []]) : subjects;
const nameOf = (spec) => spec.slice(0, spec.lastIndexOf('@') > 0 ? spec.lastIndexOf('@') : undefined);

mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'package.json'), '{"name": "lint-published", "private": true, "type": "module"}\n');
execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--legacy-peer-deps', '--loglevel=error', '@types/node@22', ...chosen.map(([spec]) => spec)], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });

/** @param {string} at */
function sourcesIn(at) {
  const all = readdirSync(at, { recursive: true, encoding: 'utf8' });
  return all.filter((name) => /\.(ts|tsx|js|mjs|cjs)$/.test(name) && !/\.min\.|\.(test|spec)\./.test(name)).map((name) => join(at, name));
}

let total = 0;
for (const [spec, folders] of chosen) {
  const name = nameOf(spec);
  const installed = join(folder, 'node_modules', name);
  const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  // A copy without declarations, or an import of a neighbour would find those instead of its source.
  const copy = join(folder, 'sources', name);
  rmSync(copy, { recursive: true, force: true });
  cpSync(installed, copy, { recursive: true, filter: (path) => !/\.d\.[cm]?ts$/.test(path) && !relative(installed, path).includes('node_modules') });
  const files = (folders.length === 0 ? [copy] : folders.map((each) => join(copy, each))).filter(existsSync).flatMap(sourcesIn);

  const started = performance.now();
  const { requests, found } = lintProgram(files, { typeRoots: [join(folder, 'node_modules/@types')] });
  total += found.length;
  console.log(`\n${name}@${version}: ${files.length} files, ${requests} requests seen, ${found.length} findings, ${Math.round(performance.now() - started)} ms`);
  for (const { file, line, column, message, source } of found) console.log(`  ${relative(copy, file)}:${line}:${column}\n    ${message}\n    > ${source}`);
}
console.log(`\n${total} findings in ${chosen.length} packages`);
