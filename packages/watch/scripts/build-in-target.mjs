// Makes the texts that `watertight attach` evaluates in the process it looks into (src/attach/in-target ->
// dist/attach/in-target): CommonJS texts that need nothing but Node and each other, because that process may have none
// of our files. What `attached` imports only when it needs it is a text of its own, as is what both have in common.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

/** Every text there has to be. */
const NAMES = ['look', 'attached', 'shared', 'profiles'].map((name) => `${name}.bundle.cjs`);

/** The program stands still while they are compiled, so they are small. Profiles show the names of functions. */
const MINIFY = { compress: { keepNames: { function: true, class: true } }, mangle: { keepNames: true }, codegen: { removeWhitespace: true } };

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
const made = [stamp, ...NAMES.map((name) => join(output, name))].every(existsSync);
if (!made || readFileSync(stamp, 'utf8') !== current) {
  const { build } = await import('vite');
  for (const file of existsSync(output) ? readdirSync(output) : []) if (file.endsWith('.bundle.cjs')) rmSync(join(output, file));
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
        // Below: here it would not take the names into account.
        minify: false,
        lib: { entry, formats: ['cjs'], fileName: () => `${name}.bundle.cjs` },
        rolldownOptions: {
          external: [/^node:/],
          output: { chunkFileNames: ({ name, isDynamicEntry }) => `${isDynamicEntry ? 'profiles' : name === 'rolldown-runtime' ? name : 'shared'}.bundle.cjs`, minify: MINIFY, keepNames: true },
        },
      },
    });
  }
  const texts = readdirSync(output).filter((file) => file.endsWith('.bundle.cjs'));
  if (texts.sort().join() !== NAMES.sort().join()) throw new Error(`the texts are ${texts.join(', ')}, and src/attach/library-loader.ts loads ${NAMES.join(', ')}`);
  for (const text of texts) if (/\bimport\s*\(/.test(readFileSync(join(output, text), 'utf8'))) throw new Error(`${text} has an import(), which does not work there`);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, current);
}
