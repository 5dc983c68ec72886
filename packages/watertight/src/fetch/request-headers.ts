/** Owns the header fields of a request of `fetch`: what the program gives, in the spelling that it gives, and what Node's fetch adds. */
import { ACCEPTED } from '../coding/index.js';
import { Headers as Fields } from '../wire/index.js';
import { asWritten, isPlatformHeaders } from './header-spelling.js';

/** What is sent where the program says nothing: as Node's fetch does, with the codings that are decoded here. */
const DEFAULTS = [
  ['Accept', '*/*'],
  ['Accept-Language', '*'],
  ['Sec-Fetch-Mode', 'cors'],
  ['Accept-Encoding', ACCEPTED],
] as const;

/** The fields of a request without any of its own. Shared, so never changed. */
export const PLAIN_FIELDS = Fields.sharedOf(DEFAULTS);

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

/** Adds what the program left out. A part of a body is not asked for in a coding (Fetch standard, "HTTP-network-or-cache fetch"). */
export function addDefaults(fields: Fields): void {
  if (fields.has('range') && !fields.has('accept-encoding')) fields.append('Accept-Encoding', 'identity');
  for (const [name, value] of DEFAULTS) if (!fields.has(name)) fields.append(name, value);
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
