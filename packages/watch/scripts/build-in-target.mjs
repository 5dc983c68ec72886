// Makes the texts that `watertight attach` evaluates in the process it looks into (src/attach/in-target ->
// dist/attach/in-target): each is one self-contained CommonJS text, because that process may have none of our files.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../', import.meta.url));
const path = (/** @type {string} */ name) => join(folder, name);

/** The text, and the program that it is made from. */
const TEXTS = {
  look: path('src/attach/in-target/look.ts'),
  // Not exported: it is for this bundle only.
  attached: fileURLToPath(new URL('./attached.js', import.meta.resolve('watertight'))),
};

const output = path('dist/attach/in-target');
const stamp = path('dist-test/.in-target/sources.sha256');

function fingerprint() {
  const hash = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)));
  for (const source of Object.values(TEXTS).map((file) => dirname(file))) {
    const files = readdirSync(source, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && /\.[jt]s$/.test(entry.name));
    for (const file of files.map((entry) => join(entry.parentPath, entry.name)).sort()) hash.update(`${file.slice(source.length)}\0`).update(readFileSync(file));
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
      define: { 'import.meta.url': '__watertightUrl' },
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
