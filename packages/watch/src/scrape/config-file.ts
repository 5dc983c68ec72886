/**
 * Owns a configuration file over time: it is read at the start, and again when it, or a file that it names, has
 * changed.
 *
 * Contents are compared at intervals instead of watching the file system: editors replace files, Kubernetes
 * switches a link, and network mounts report nothing.
 */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError } from './config-error.js';
import { filesOf, type DiscoverySettings } from './service-discovery.js';
import { parseTargetList, type TargetList } from './target-list.js';

/** Bytes of one file, at most. */
const MOST_BYTES = 64 * 2 ** 20;

export class ConfigFile {
  private readonly file: string;
  /** The files that were read at the last look, also at one that failed, with their contents. */
  private seen: Answers = new Map();

  /** `given`: what the command line says for targets that have none of their own. */
  constructor(
    file: string,
    private readonly given: DiscoverySettings = {},
  ) {
    this.file = resolve(file);
  }

  /** Reads it all now. @throws ConfigError */
  load(): TargetList {
    const seen: Answers = new Map();
    const ask = <T extends Answer>(what: string, question: () => T): T => {
      const asked = answerTo(question);
      seen.set(what, { question, answer: asked });
      if (asked instanceof Error) throw asked;
      return asked;
    };
    try {
      const text = ask(this.file, () => readText(this.file));
      if (text === null) throw new ConfigError(this.file, null, 'there is no such file');
      return parseTargetList(text, this.file, (file) => ask(file, () => readText(file)), this.given, (pattern) => ask(`the files ${pattern}`, () => filesOf(pattern)));
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      throw new ConfigError(this.file, null, `it can't be read: ${(error as Error).message}`, { cause: error });
    } finally {
      this.seen = seen;
    }
  }

  /**
   * The list, if anything is other than at the last look; null if not. A list of a thousand targets
   * takes longer to parse than a scrape may be late, so that is only done where a file has changed.
   *
   * @throws ConfigError once for each state that is wrong.
   */
  reload(): TargetList | null {
    const same = [...this.seen.values()].every(({ question, answer }) => isSame(answerTo(question), answer));
    return same ? null : this.load();
  }
}

/** A file's text, null where there is none; or the names of files. */
type Answer = string | null | readonly string[];
type Answers = Map<string, { readonly question: () => Answer; readonly answer: Answer | Error }>;

/** An error of reading is kept like a content, so that it is reported once. */
function answerTo<T extends Answer>(question: () => T): T | Error {
  try {
    return question();
  } catch (error) {
    return error as Error;
  }
}

function isSame(one: Answer | Error, other: Answer | Error): boolean {
  if (one instanceof Error || other instanceof Error) return one instanceof Error && other instanceof Error && one.message === other.message;
  return typeof one === 'object' ? JSON.stringify(one) === JSON.stringify(other) : one === other;
}

function readText(file: string): string | null {
  const size = statSync(file, { throwIfNoEntry: false });
  if (size === undefined) return null;
  if (size.isDirectory()) throw new Error('it is a folder');
  if (size.size > MOST_BYTES) throw new Error(`it has ${size.size} bytes, and ${MOST_BYTES} are the most`);
  return readFileSync(file, 'utf8');
}
