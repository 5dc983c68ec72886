// Owns the choice of the node binary for the client processes: this one, one given by path, or a major version from
// the registry, kept in node_modules/.cache.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../node_modules/.cache/watertight-bench', import.meta.url));

/**
 * @param {string | undefined} which
 * @returns {Promise<{ path: string, version: string }>}
 */
export async function nodeBinary(which) {
  if (which === undefined) return { path: process.execPath, version: process.version };
  const path = /^\d+$/.test(which) ? await installed(which) : which;
  const { stdout, error } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  if (error !== undefined || !/^v\d/.test(stdout)) throw new Error(`--node ${which}: ${path} is not a node binary`);
  return { path, version: stdout.trim() };
}

async function installed(major) {
  const folder = join(CACHE, `node-${major}`);
  const path = join(folder, 'node_modules', 'node', 'bin', 'node');
  if (!existsSync(path)) {
    console.error(`installing node ${major} in ${folder}`);
    await mkdir(folder, { recursive: true });
    const args = ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder, `node@${major}`];
    const { status, stderr } = spawnSync('npm', args, { encoding: 'utf8' });
    if (status !== 0 || !existsSync(path)) throw new Error(`npm install node@${major} failed: ${stderr}`);
  }
  return path;
}
