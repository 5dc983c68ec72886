/** Owns the list of content codings that a Content-Encoding field names, and which of them can be decoded. */
import type { Decoder } from './decoder.js';
import { Gunzip } from './gunzip.js';
import { brotli, inflate, zstd } from './stream-decoder.js';

/** One content coding that can be decoded. */
export interface Coding {
  /** As errors name it. */
  readonly name: string;
  readonly make: (output: (bytes: Uint8Array) => void) => Decoder;
}

const CODINGS = new Map<string, Coding>();
CODINGS.set('gzip', { name: 'gzip', make: (output) => new Gunzip(output) });
CODINGS.set('x-gzip', CODINGS.get('gzip')!);
CODINGS.set('deflate', { name: 'deflate', make: inflate });
CODINGS.set('br', { name: 'br', make: brotli });
if (zstd !== null) CODINGS.set('zstd', { name: 'zstd', make: zstd });

/** The value of an Accept-Encoding field that names all of them. */
export const ACCEPTED = zstd === null ? 'gzip, deflate, br' : 'gzip, deflate, br, zstd';

/** More codings than this are no response but an attack: each multiplies the work. It is undici's limit. */
export const MAX_CODINGS = 5;

/**
 * The codings of a Content-Encoding field, in the order in which they are to be
 * undone. Empty if one of them is not known: the body is then given out as it is
 * (Fetch standard, "handle content codings"). Null if there are more than five,
 * `identity` counted, which changes nothing.
 */
export function codingsOf(value: string): readonly Coding[] | null {
  const names = value.toLowerCase().split(',').map((name) => name.trim()).filter((name) => name !== '');
  if (names.length > MAX_CODINGS) return null;
  const codings: Coding[] = [];
  for (const name of names.reverse()) {
    if (name === 'identity') continue;
    const coding = CODINGS.get(name);
    if (coding === undefined) return [];
    codings.push(coding);
  }
  return codings;
}
