/** Owns reading one profile from a place that a person names: a file, `-` for standard input, or a service. */
import { createReadStream, statSync } from 'node:fs';
import { Client, Transport } from 'watertight';
import { parseProfileStream, ProfileError, type Profile } from 'watertight/pprof';
import { requestError, ScrapeError, statusError } from './scrape-error.js';
import { addressOf, parseTarget, TargetError } from './target.js';

export interface ProfileSourceOptions {
  /** Sent as `Authorization: Bearer …` to a service. */
  readonly token?: string;
  /** For a service's whole answer, ms. Default 60,000. */
  readonly timeout?: number;
}

/**
 * The profile at `place`. An address may name a profile itself
 * (`http://h:6060/debug/pprof/goroutine?debug=2`), the folder of the profiles,
 * or just the service.
 *
 * @throws ScrapeError, or TargetError for a place that is neither a file nor an address.
 */
export async function readProfile(place: string, options: ProfileSourceOptions = {}): Promise<Profile> {
  if (place === '-') return parsed('standard input', () => parseProfileStream(process.stdin));
  if (!/^https?:\/\//i.test(place)) {
    const file = statSync(place, { throwIfNoEntry: false });
    if (file?.isFile() === true || file?.isFIFO() === true) return parsed(place, () => parseProfileStream(createReadStream(place)));
    if (file !== undefined) throw new TargetError(`${place} is a folder; name a profile in it`);
    if (!/^[^/\\]+:\d+(?:\/|$)/.test(place)) throw new TargetError(`there is no file ${place}, and it is no address of a service: write that like http://127.0.0.1:6060`);
  }
  return fetched(place, options);
}

async function fetched(place: string, { token, timeout = 60_000 }: ProfileSourceOptions): Promise<Profile> {
  const named = /\/debug\/pprof\/([a-z]+)\/?(\?[^#]*)?$/.exec(place);
  const target = parseTarget(named === null ? place : place.slice(0, named.index + '/debug/pprof/'.length) + (named[2] ?? ''), token === undefined ? {} : { token });
  const name = named?.[1] ?? 'goroutine';
  const shown = target.profiles + name;
  await using transport = new Transport({ disableKeepAlives: true });
  try {
    await using response = await new Client({ transport }).get(addressOf(target, name), { headers: target.headers, timeout });
    if (response.status !== 200) throw statusError(response.status, shown);
    return await parsed(shown, () => parseProfileStream(response.body));
  } catch (error) {
    throw requestError(error, shown);
  }
}

async function parsed(place: string, parse: () => Promise<Profile>): Promise<Profile> {
  try {
    return await parse();
  } catch (error) {
    if (error instanceof ProfileError) throw new ScrapeError('rubbish', `${place} is no profile that can be read: ${error.message}`, { cause: error });
    throw error;
  }
}
