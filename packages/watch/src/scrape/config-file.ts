/**
 * Owns a configuration file over time: read at the start, and again when it or
 * a file it names has other contents. Contents are compared, and nothing is
 * watched: editors replace files, Kubernetes turns a link, networks mount.
 */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError } from './config-error.js';
import type { DiscoverySettings } from './service-discovery.js';
import { parseTargetList, type TargetList } from './target-list.js';

/** Bytes of one file, at most. */
const MOST_BYTES = 64 * 2 ** 20;

export class ConfigFile {
  private readonly file: string;
  /** What every file had in it when it was last looked at, also by an attempt that failed. */
  private seen = '';

  /** `given`: what the command line says for targets that have none of their own. */
  constructor(
    file: string,
    private readonly given: DiscoverySettings = {},
  ) {
    this.file = resolve(file);
  }

  /** Reads it all now. @throws ConfigError */
  load(): TargetList {
    const { fingerprint, result } = this.look();
    this.seen = fingerprint;
    if (result instanceof ConfigError) throw result;
    return result;
  }

  /** The list, if anything is other than at the last look; null if not. @throws ConfigError once for each state that is wrong. */
  reload(): TargetList | null {
    const { fingerprint, result } = this.look();
    if (fingerprint === this.seen) return null;
    this.seen = fingerprint;
    if (result instanceof ConfigError) throw result;
    return result;
  }

  private look(): { fingerprint: string; result: TargetList | ConfigError } {
    const contents: [string, string | null][] = [];
    const read = (file: string): string | null => {
      const text = readText(file);
      contents.push([file, text]);
      return text;
    };
    const result = attempt(this.file, read, this.given);
    // A mistake is part of the state as well: an unreadable file has no contents.
    return { fingerprint: JSON.stringify([contents, result instanceof ConfigError ? result.message : null]), result };
  }
}

function attempt(file: string, read: (file: string) => string | null, given: DiscoverySettings): TargetList | ConfigError {
  try {
    const text = read(file);
    return text === null ? new ConfigError(file, null, 'there is no such file') : parseTargetList(text, file, read, given);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    return new ConfigError(file, null, `it can't be read: ${(error as Error).message}`, { cause: error });
  }
}

function readText(file: string): string | null {
  const size = statSync(file, { throwIfNoEntry: false });
  if (size === undefined) return null;
  if (size.isDirectory()) throw new Error('it is a folder');
  if (size.size > MOST_BYTES) throw new Error(`it has ${size.size} bytes, and ${MOST_BYTES} are the most`);
  return readFileSync(file, 'utf8');
}
