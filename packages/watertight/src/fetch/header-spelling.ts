/** Owns how the fields of the platform's Headers were written: its iterators give lower case, sorted; its inspector has what the program wrote. */
import { INSPECT } from '../wire/index.js';
import { platform } from './platform.js';

type Inspector = (this: Headers, depth: number, options: object) => unknown;

/** How the inspector shows a text of which no character may be shown. */
const NOTHING = "''";

/** Whether these are the platform's own. A subclass with an iterator of its own has fields of its own. */
export function isPlatformHeaders(value: object): value is Headers {
  const { Headers: Platform } = platform;
  return Platform !== undefined && value instanceof Platform && value[Symbol.iterator] === Platform.prototype[Symbol.iterator];
}

/**
 * The fields in the letter case and the order in which the program wrote them. A
 * few servers know a name in one spelling only, so Node's fetch sends that one,
 * and so do we. Where the inspector does not say, they are as the iterator gives them.
 */
export function asWritten(headers: Headers): Iterable<[string, string]> {
  const written = namesOf(headers);
  if (written.length === 0) return headers;
  const spellings = new Map(written.map((name) => [name.toLowerCase(), name]));
  const places = new Map([...spellings.keys()].map((name, place) => [name, place]));
  const fields = [...headers];
  const placeOf = ([name]: [string, string]): number => places.get(name) ?? fields.length;
  return fields.toSorted((a, b) => placeOf(a) - placeOf(b)).map(([name, value]) => [spellings.get(name) ?? name, value]);
}

/** Each name is given to `stylize`: as a name, or quoted where it is no identifier. Values are not shown. */
function namesOf(headers: Headers): string[] {
  const names: string[] = [];
  const stylize = (text: string, style: string): string => {
    if (style === 'name') names.push(text);
    else if (style === 'string' && text !== NOTHING) names.push(text.slice(1, -1));
    return text;
  };
  try {
    (platform.Headers!.prototype as unknown as Partial<Record<symbol, Inspector>>)[INSPECT]?.call(headers, 0, { stylize, compact: false, maxStringLength: 0 });
  } catch {
    // A Proxy around Headers is no Headers to the inspector.
  }
  return names;
}
