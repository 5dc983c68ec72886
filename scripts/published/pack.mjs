// Owns the packing: each package as npm would publish it, in one tarball.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The folders in `packages/`, each with its package.json. */
export const packages = readdirSync(join(root, 'packages')).map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')) }));

/** Packs `packages/<folder>` into the folder `to`, which must be there. Returns the tarball's path. */
export function pack(folder, to) {
  const { status, stdout, error } = spawnSync('npm', ['pack', `./packages/${folder}`, '--json', '--silent', '--pack-destination', to], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (error) throw error;
  if (status !== 0) throw new Error(`npm pack failed for packages/${folder}.`);
  const { name, version } = packages.find((one) => one.folder === folder).manifest;
  const tarball = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
  if (!stdout.includes(tarball)) throw new Error(`npm pack of packages/${folder} did not name ${tarball}.`);
  return join(to, tarball);
}
