/** Owns the list of content codings that a Content-Encoding field names, and which of them can be decoded. */
import type { Decoder, Output } from './decoder.js';
import { Gunzip } from './gunzip.js';
import { brotli, inflate } from './stream-decoder.js';
import { zstd } from './unzstd.js';

/** The content codings that can be decoded, `zstd` only where Node has it. */
export type CodingName = 'gzip' | 'deflate' | 'br' | 'zstd';

/** One content coding that can be decoded. */
export interface Coding {
  /** As errors name it. */
  readonly name: CodingName;
  readonly make: (output: Output) => Decoder;
}

const CODINGS = new Map<string, Coding>();
CODINGS.set('gzip', { name: 'gzip', make: (output) => new Gunzip(output) });
CODINGS.set('x-gzip', CODINGS.get('gzip')!);
CODINGS.set('deflate', { name: 'deflate', make: inflate });
CODINGS.set('br', { name: 'br', make: brotli });
if (zstd !== null) CODINGS.set('zstd', { name: 'zstd', make: zstd });

/** All that this Node has, in the order in which they are offered. */
export const CODING_NAMES: readonly CodingName[] = Object.freeze(zstd === null ? ['gzip', 'deflate', 'br'] : ['gzip', 'deflate', 'br', 'zstd']);

/** The value of an Accept-Encoding field that names all of them. */
export const ACCEPTED = CODING_NAMES.join(', ');

/** More codings than this are no response but an attack: each multiplies the work. It is undici's limit. */
export const MAX_CODINGS = 5;

/**
 * The codings of a Content-Encoding field, in the order in which they are to be
 * undone. Empty if one of them is not known, or not among `wanted`: the body is
 * then given out as it is (Fetch standard, "handle content codings"). Null if
 * there are more than five, `identity` counted, which changes nothing.
 */
export function codingsOf(value: string, wanted: readonly CodingName[] = CODING_NAMES): readonly Coding[] | null {
  const names = value.toLowerCase().split(',').map((name) => name.trim()).filter((name) => name !== '');
  if (names.length > MAX_CODINGS) return null;
  const codings: Coding[] = [];
  for (const name of names.reverse()) {
    if (name === 'identity') continue;
    const coding = CODINGS.get(name);
    if (coding === undefined || !wanted.includes(coding.name)) return [];
    codings.push(coding);
  }
  return codings;
}
