/** The profiles of ../fixtures/profiles, by Go version, program and moment. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseProfile, type Profile } from 'watertight/pprof';
import { packageRoot } from '../../fixtures/package-root.js';

const folder = fileURLToPath(new URL('test/fixtures/profiles', packageRoot));

/** Three forms of one moment. */
export interface Recording {
  readonly version: string;
  readonly program: string;
  readonly moment: string;
  /** By the value of `debug`. */
  readonly forms: readonly [Buffer, Buffer, Buffer];
}

export const recordings: readonly Recording[] = entries(folder)
  .filter((version) => version.startsWith('go1.'))
  .flatMap((version) =>
    entries(join(folder, version)).flatMap((program) =>
      entries(join(folder, version, program))
        .filter((file) => file.endsWith('.debug1.txt'))
        .map((file) => file.slice(0, -'.debug1.txt'.length))
        .map((moment) => ({ version, program, moment, forms: [0, 1, 2].map((debug) => read(version, program, moment, debug)) as [Buffer, Buffer, Buffer] })),
    ),
  );

/** What dying programs wrote. */
export const crashes: readonly { readonly version: string; readonly way: string; readonly bytes: Buffer }[] = entries(folder)
  .filter((version) => version.startsWith('go1.') && existsSync(join(folder, version, 'crash')))
  .flatMap((version) => entries(join(folder, version, 'crash')).map((file) => ({ version, way: file.replace('.txt', ''), bytes: readFileSync(join(folder, version, 'crash', file)) })));

export function read(version: string, program: string, moment: string, debug: number): Buffer {
  return readFileSync(join(folder, version, program, `${moment}.debug${debug}.${debug === 0 ? 'pb.gz' : 'txt'}`));
}

export function recorded(version: string, program: string, moment: string, debug: number): Profile {
  return parseProfile(read(version, program, moment, debug));
}

function entries(path: string): string[] {
  return readdirSync(path).sort();
}
