// Checks the packages as they would be published: `npm run check:packages` packs each, then asks publint whether its
// package.json is correct, attw whether TypeScript finds the types of every entry point, and TypeScript 5.4, the oldest we
// support, and the present one with the DOM's types whether they read them.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { faultsInDeclarations } from './published/declarations.mjs';
import { pack, packages, root } from './published/pack.mjs';

/** What npm must know to publish a package with provenance, so that anyone can install it. */
function faultsOfManifest({ license, publishConfig, files, engines, sideEffects }) {
  const faults = [];
  if (license !== 'Apache-2.0') faults.push('license is not Apache-2.0');
  if (publishConfig?.access !== 'public' || publishConfig.provenance !== true) faults.push('publishConfig lacks access: public or provenance: true');
  if (!files?.includes('dist') || !files.includes('LICENSE')) faults.push('files lacks dist or LICENSE');
  if (engines?.node === undefined) faults.push('engines.node is missing');
  if (sideEffects === undefined) faults.push('sideEffects is missing');
  return faults;
}

let failed = 0;
for (const { folder: name, manifest } of packages) {
  console.log(`\n--- packages/${name}`);
  const faults = faultsOfManifest(manifest);
  for (const fault of faults) console.error(`packages/${name}/package.json: ${fault}.`);
  failed += faults.length;
  const folder = mkdtempSync(join(tmpdir(), 'watertight-pack-'));
  try {
    const tarball = pack(name, folder);
    for (const [tool, ...args] of [
      ['publint', tarball, '--strict'],
      ['attw', tarball, '--profile', 'esm-only', '--no-emoji'],
    ]) {
      const { status, error } = spawnSync(join(root, 'node_modules', '.bin', tool), args, { cwd: root, stdio: 'inherit' });
      if (error) throw error;
      if (status !== 0) failed++;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
const faults = faultsInDeclarations();
for (const fault of faults) console.error(fault);
failed += faults.length;
if (failed > 0) {
  console.error(`\n${failed} package check(s) failed.`);
  process.exitCode = 1;
}
