/** Owns reading one profile from a place that a person names: a file or the address of one, `-` for standard input, or a service. */
import { createReadStream, statSync } from 'node:fs';
import { Client, Transport } from 'watertight';
import { parseDump, parseProfileStream, ProfileError, type Dump, type DumpOptions, type ProfileSource } from 'watertight/pprof';
import { scrapeClient } from './scrape-client.js';
import { requestError, ScrapeError, statusError } from './scrape-error.js';
import { addressOf, parseTarget, shownText, TargetError } from './target.js';

export interface ProfileSourceOptions {
  /** Sent as `Authorization: Bearer …` to a service. */
  readonly token?: string;
  /** For a service's whole answer, ms. Default 60,000. */
  readonly timeout?: number;
  /** A service is asked for each goroutine's state, time and creator (debug=2), which stops a Go program for longer. Default false. */
  readonly tracebacks?: boolean;
  /** Only goroutines that have waited at least so long, ms. Default: all. */
  readonly minWaitMs?: number;
  /** Which dump, of a text with several, from 1. Default: the last. */
  readonly dump?: number;
}

/** A larger text is read as it comes, and must be exactly a profile. */
const LARGEST_TEXT = 64 * 2 ** 20;

/**
 * The profile at `place`. An address may name a profile itself
 * (`http://h:6060/debug/pprof/goroutine?debug=2`), the folder of the profiles, just
 * the service, or any file. What a service answers must be a profile; in a file one
 * is looked for.
 *
 * @throws ScrapeError, or TargetError for a place that is neither a file nor an address.
 */
export async function readProfile(place: string, options: ProfileSourceOptions = {}): Promise<Dump> {
  if (place === '-') return found('standard input', process.stdin, options);
  if (!/^https?:\/\//i.test(place)) {
    const file = statSync(place, { throwIfNoEntry: false });
    if (file?.isFile() === true || file?.isFIFO() === true) return found(place, createReadStream(place), options);
    if (file !== undefined) throw new TargetError(`${place} is a folder; name a profile in it`);
    if (!/^[^/\\]+:\d+(?:\/|$)/.test(place)) throw new TargetError(`there is no file ${shownText(place)}, and it is no address of a service: write that like http://127.0.0.1:6060`);
  }
  return fetched(place, options);
}

/** What is in a file, whatever wraps it. */
async function found(place: string, source: AsyncIterable<Uint8Array>, { minWaitMs, dump }: DumpOptions): Promise<Dump> {
  const options = { ...(minWaitMs === undefined ? {} : { minWaitMs }), ...(dump === undefined ? {} : { dump }) };
  const chunks: Uint8Array[] = [];
  let length = 0;
  const iterator = source[Symbol.asyncIterator]();
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
    chunks.push(next.value);
    length += next.value.length;
    if (length > LARGEST_TEXT) return parsed(place, () => parseProfileStream(rest(chunks, iterator), options));
  }
  return parsed(place, () => parseDump(Buffer.concat(chunks), options));
}

async function* rest(chunks: readonly Uint8Array[], iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  yield* chunks;
  yield* { [Symbol.asyncIterator]: () => iterator };
}

async function fetched(place: string, options: ProfileSourceOptions): Promise<Dump> {
  const { token, timeout = 60_000, tracebacks = false, minWaitMs } = options;
  const isFile = isFileAddress(place);
  const named = /\/debug\/pprof\/([a-z]+)\/?(\?[^#]*)?$/.exec(place);
  const target = parseTarget(named === null ? place : place.slice(0, named.index + '/debug/pprof/'.length) + (named[2] ?? ''), token === undefined ? {} : { token });
  const name = named?.[1] ?? 'goroutine';
  // A target's path is a folder's.
  const shown = isFile ? target.profiles.replace(/\/$/, '') : target.profiles + name;
  await using transport = new Transport({ disableKeepAlives: true });
  // A file may be served by another host than the one that people name, as code hosts do.
  const client = isFile ? new Client({ transport }) : scrapeClient(transport);
  try {
    const address = isFile ? target.address.replace(/\/(?=\?|$)/, '') : addressOf(target, name, tracebacks && name === 'goroutine' ? { debug: '2' } : {});
    await using response = await client.get(address, { headers: target.headers, timeout });
    if (response.status !== 200) throw statusError(response.status, shown);
    if (isFile) return await found(shown, response.body, options);
    return await parsed(shown, () => parseProfileStream(response.body as ProfileSource, minWaitMs === undefined ? {} : { minWaitMs }));
  } catch (error) {
    throw requestError(error, shown);
  }
}

/** An address whose path ends in a file's name, as `http://host/dumps/goroutine.txt`, or that a code host serves as it is. */
function isFileAddress(place: string): boolean {
  const path = /^https?:\/\/[^/?#]+([^?#]*)/i.exec(place)?.[1] ?? '';
  return !path.includes('/debug/pprof') && (/\/[^/]*\.[a-zA-Z]\w*$/.test(path) || /\/raw(?:\/|$)/.test(path));
}

async function parsed(place: string, parse: () => Dump | Promise<Dump['profile']>): Promise<Dump> {
  try {
    const read = await parse();
    return 'notes' in read ? read : { profile: read, notes: [] };
  } catch (error) {
    if (error instanceof ProfileError && error.code !== 'ERR_PROFILE_INPUT') throw new ScrapeError('rubbish', `${place} is no profile that can be read: ${error.message}`, { cause: error });
    throw error;
  }
}
