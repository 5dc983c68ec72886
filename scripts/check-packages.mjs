// Checks the packages as they would be published: `npm run check:packages` packs each, then asks publint whether its
// package.json is correct, and attw whether TypeScript finds the types of every entry point.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

function run(command, args, options = {}) {
  const { status, stdout, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8', ...options });
  if (error) throw error;
  return { ok: status === 0, stdout };
}

let failed = 0;
for (const name of readdirSync(join(root, 'packages'))) {
  console.log(`\n--- packages/${name}`);
  const folder = mkdtempSync(join(tmpdir(), 'watertight-pack-'));
  try {
    const packed = run('npm', ['pack', `./packages/${name}`, '--json', '--silent', '--pack-destination', folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (!packed.ok) throw new Error(`npm pack failed for packages/${name}.`);
    const tarball = join(folder, readdirSync(folder).find((file) => file.endsWith('.tgz')));
    for (const [tool, ...args] of [
      ['publint', tarball, '--strict'],
      ['attw', tarball, '--profile', 'esm-only', '--no-emoji'],
    ]) {
      const { ok } = run(join(root, 'node_modules', '.bin', tool), args, { stdio: 'inherit' });
      if (!ok) failed++;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
if (failed > 0) {
  console.error(`\n${failed} package check(s) failed.`);
  process.exitCode = 1;
}
