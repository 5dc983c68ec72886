/** Owns the header fields of a request of `fetch`: what the program gives, in the spelling that it gives, and what Node's fetch adds. */
import { ACCEPTED } from '../coding/index.js';
import { Headers as Fields } from '../wire/index.js';
import { asWritten, isPlatformHeaders } from './header-spelling.js';

/** What is sent where the program says nothing: as Node's fetch does, with the codings that are decoded here. */
const DEFAULTS = [
  ['Accept', '*/*'],
  ['Accept-Language', '*'],
  ['Accept-Encoding', ACCEPTED],
] as const;

/** The fields of a request without any of its own. Shared, so never changed. */
export const PLAIN_FIELDS = Fields.sharedOf([...DEFAULTS, ['Sec-Fetch-Mode', 'cors']]);

/** Fields by which a request asks for something only if it has changed. */
const CONDITIONS = ['if-modified-since', 'if-none-match', 'if-unmodified-since', 'if-match', 'if-range'];

/**
 * The fields, the program's first. Values of one name are joined, as Headers
 * joins them; a name keeps the letter case and the place in which the program gave it first.
 *
 * @throws TypeError for what is no HeadersInit, RequestError for a name or value that can't be sent
 */
export function requestFields(init: unknown): Fields {
  const joined = new Map<string, [string, string]>();
  for (const [name, value] of pairsOf(init)) {
    const lower = name.toLowerCase();
    const known = joined.get(lower);
    if (known === undefined) joined.set(lower, [name, value]);
    else known[1] += `${lower === 'cookie' ? '; ' : ', '}${value}`;
  }
  const fields = new Fields();
  for (const [name, value] of joined.values()) fields.append(name, value);
  return fields;
}

/**
 * Adds what the program left out, and takes away what is not its own to say (Fetch
 * standard, "HTTP-network-or-cache fetch"). There is no cache, but those on the
 * way are told what the program wants of one. A part of a body is not asked for in
 * a coding.
 */
export function addDefaults(fields: Fields, mode: string, cache: string): void {
  fields.delete('host');
  fields.set('Sec-Fetch-Mode', mode);
  const uncached = cache === 'default' && CONDITIONS.some((name) => fields.has(name)) ? 'no-store' : cache;
  if (uncached === 'no-cache') addIfMissing(fields, 'Cache-Control', 'max-age=0');
  if (uncached === 'no-store' || uncached === 'reload') {
    addIfMissing(fields, 'Pragma', 'no-cache');
    addIfMissing(fields, 'Cache-Control', 'no-cache');
  }
  if (fields.has('range')) {
    const offered = fields.get('accept-encoding');
    fields.set('Accept-Encoding', offered === null ? 'identity' : `${offered}, identity`);
  }
  for (const [name, value] of DEFAULTS) addIfMissing(fields, name, value);
}

function addIfMissing(fields: Fields, name: string, value: string): void {
  if (!fields.has(name)) fields.append(name, value);
}

function* pairsOf(init: unknown): Generator<readonly [string, string]> {
  if (init === undefined) return;
  if (typeof init !== 'object' || init === null) throw new TypeError(`the headers of a request are Headers, pairs or a record, not ${init === null ? 'null' : typeof init}`);
  if (init instanceof Fields) {
    yield* init.raw;
    return;
  }
  const ordered = isPlatformHeaders(init) ? asWritten(init) : init;
  if (Symbol.iterator in ordered) {
    for (const pair of ordered as Iterable<unknown>) {
      if (typeof pair !== 'object' || pair === null || !(Symbol.iterator in pair)) throw new TypeError('each of the headers in a list is a pair of a name and a value');
      const both = [...(pair as Iterable<unknown>)];
      if (both.length !== 2) throw new TypeError(`each of the headers in a list is a pair of a name and a value, not ${both.length} items`);
      yield [text(both[0]), text(both[1])];
    }
    return;
  }
  for (const key of Reflect.ownKeys(init)) {
    if (Object.getOwnPropertyDescriptor(init, key)?.enumerable === true) yield [text(key), text((init as Record<PropertyKey, unknown>)[key])];
  }
}

/** A ByteString (Web IDL section 3.2.11); what is wrong with its characters, the fields say. */
function text(value: unknown): string {
  if (typeof value === 'symbol') throw new TypeError('a name or value of a header is a string, not a symbol');
  return String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
}
