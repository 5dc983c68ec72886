// Makes what a browser loads: the dashboard (src/ui -> dist/ui) and the flame graph's page (src/flame -> dist/flame).
// Also makes what `watertight attach` sends to a process (build-in-target.mjs).
// It also copies the page that `watertight explain` prints from (docs/diagnoses.md -> dist/docs).
// Does nothing if neither a source nor a version of what is bundled has changed since.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

await import('./build-in-target.mjs');

const folder = fileURLToPath(new URL('../', import.meta.url));
const path = (/** @type {string} */ name) => join(folder, name);
const require = createRequire(import.meta.url);
/** Not in dist, which is published. */
const stamp = path('dist-test/.browser/sources.sha256');

/** Of all that the result is made from. */
function fingerprint() {
  const hash = createHash('sha256');
  const files = ['src/ui', 'src/flame'].flatMap((name) =>
    readdirSync(path(name), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)),
  );
  for (const file of [fileURLToPath(import.meta.url), ...files.sort()]) hash.update(`${file.slice(folder.length)}\0`).update(readFileSync(file)).update('\0');
  for (const name of ['vite', 'preact', '@preact/signals', 'uplot', 'd3-hierarchy']) {
    // By path: not every package lets its package.json be imported.
    const found = require.resolve.paths(name)?.map((place) => join(place, name, 'package.json')).find(existsSync);
    hash.update(found === undefined ? name : JSON.parse(readFileSync(found, 'utf8')).version);
  }
  return hash.digest('hex');
}

mkdirSync(path('dist/docs'), { recursive: true });
copyFileSync(path('../../docs/diagnoses.md'), path('dist/docs/diagnoses.md'));

const current = fingerprint();
const made = [stamp, path('dist/ui/index.html'), path('dist/flame/page.js')].every(existsSync);
if (made && readFileSync(stamp, 'utf8') === current) process.exit();

const { build } = await import('vite');
/** @type {import('vite').InlineConfig} */
const shared = { configFile: false, logLevel: 'warn', oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } } };
await build({ ...shared, root: path('src/ui'), base: './', build: { outDir: path('dist/ui'), emptyOutDir: true, target: 'es2022', modulePreload: { polyfill: false }, license: { fileName: 'assets/licenses.md' } } });
await build({
  ...shared,
  root: path('src/flame'),
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    outDir: path('dist/flame'),
    emptyOutDir: true,
    target: 'es2022',
    lib: { entry: path('src/flame/page.tsx'), formats: ['iife'], name: 'flamePage', fileName: () => 'page.js', cssFileName: 'page' },
  },
});
mkdirSync(path('dist-test/.browser'), { recursive: true });
writeFileSync(stamp, current);
