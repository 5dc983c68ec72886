// Makes the texts that `watertight attach` evaluates in the process it looks into (src/attach/in-target ->
// dist/attach/in-target): each is one self-contained CommonJS text, because that process may have none of our files.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../', import.meta.url));
const path = (/** @type {string} */ name) => join(folder, name);

/** The text, and the program that it is made from. */
const TEXTS = { look: path('src/attach/in-target/look.ts') };

const output = path('dist/attach/in-target');
const stamp = path('dist-test/.in-target/sources.sha256');

function fingerprint() {
  const hash = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)));
  for (const source of new Set(Object.values(TEXTS).map((file) => dirname(file)))) {
    for (const name of readdirSync(source).sort()) hash.update(`${name}\0`).update(readFileSync(join(source, name)));
  }
  return hash.digest('hex');
}

const current = fingerprint();
const made = [stamp, ...Object.keys(TEXTS).map((name) => join(output, `${name}.bundle.cjs`))].every(existsSync);
if (!made || readFileSync(stamp, 'utf8') !== current) {
  const { build } = await import('vite');
  for (const [name, entry] of Object.entries(TEXTS)) {
    await build({
      configFile: false,
      logLevel: 'warn',
      root: folder,
      build: {
        outDir: output,
        emptyOutDir: false,
        target: 'es2022',
        minify: false,
        lib: { entry, formats: ['cjs'], fileName: () => `${name}.bundle.cjs` },
        rolldownOptions: { external: [/^node:/], output: { codeSplitting: false } },
      },
    });
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, current);
}
