/** Go's own pprof, where Go is installed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const hasGo = spawnSync('go', ['version']).status === 0;

/** For `test(name, { skip })`. */
export const withoutGo = hasGo ? false : 'go is not installed';

/** Runs `body` with the path of a file for each of the profiles. */
export async function asFiles<T>(profiles: Record<string, Uint8Array>, body: (paths: Record<string, string>) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'watertight-pprof-'));
  try {
    const paths = Object.fromEntries(
      Object.entries(profiles).map(([name, bytes]) => {
        const path = join(folder, name);
        writeFileSync(path, bytes);
        return [name, path];
      }),
    );
    return await body(paths);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export interface Row {
  readonly flat: string;
  readonly cum: string;
  readonly name: string;
}

/** The table that `-top` prints. */
export function rowsOf(text: string): Row[] {
  return [...text.matchAll(/^ *(-?\S+) +\S+% +\S+% +(-?\S+) +\S+% {2}(.+)$/gm)].map(([, flat, cum, name]) => ({ flat, cum, name }));
}
