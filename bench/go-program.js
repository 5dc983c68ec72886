// Owns the build of the Go client, if Go is installed.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const GO = 'go';

/** @returns {string | null} such as "go1.19.8"; null: not installed */
export function goVersion() {
  const { stdout, status } = spawnSync(GO, ['version'], { encoding: 'utf8' });
  return status === 0 ? (/go\d\S*/.exec(stdout)?.[0] ?? null) : null;
}

/** @returns {string} the path of the program, which is gone when this process is */
export function buildGoProgram() {
  const folder = mkdtempSync(join(tmpdir(), 'watertight-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'client');
  const source = fileURLToPath(new URL('go/main.go', import.meta.url));
  const { status, stderr } = spawnSync(GO, ['build', '-o', path, source], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`go build failed: ${stderr.trim()}`);
  return path;
}
