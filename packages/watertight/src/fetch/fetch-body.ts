/** Owns the body of a request of `fetch`: what the standard takes as one, with its length and its type. */
import { Readable } from 'node:stream';
import { isArrayBuffer } from 'node:util/types';
import { isBlob, isFormData, isSearchParams, type BodyInit } from '../conn/index.js';

/** A body, and whether it can be sent again: a stream can't. */
export interface OutgoingBody {
  readonly init: BodyInit;
  /** It is a stream: the caller must say `duplex: 'half'`, and a redirect that needs it again fails. */
  readonly isStream: boolean;
}

/**
 * Extracts a body (Fetch standard, section 6.1). Bytes are copied, so that the
 * caller may change them afterwards. Async iterables are taken as Node's fetch
 * takes them; everything else that is no body is sent as its text.
 *
 * @throws TypeError for a stream that is locked or was read, or without `duplex: 'half'`
 */
export function outgoingBody(given: unknown, duplex: unknown): OutgoingBody {
  if (typeof given === 'string') return { init: given, isStream: false };
  if (typeof given === 'object' && given !== null) {
    if (isArrayBuffer(given)) return { init: copyOf(given, 0, given.byteLength), isStream: false };
    // A view of memory that was transferred has no length that could be asked for.
    if (ArrayBuffer.isView(given)) return { init: given.buffer.byteLength === 0 ? EMPTY : copyOf(given.buffer, given.byteOffset, given.byteLength), isStream: false };
    if (isSearchParams(given) || isBlob(given) || isFormData(given)) return { init: given, isStream: false };
    if (given instanceof ReadableStream || Symbol.asyncIterator in given) {
      if (duplex === undefined) throw new TypeError("RequestInit: duplex option is required when sending a body.");
      if (given instanceof ReadableStream && (given.locked || Readable.isDisturbed(given as unknown as NodeJS.ReadableStream))) throw new TypeError('Response body object should not be disturbed or locked');
      return { init: given as ReadableStream<Uint8Array>, isStream: true };
    }
  }
  if (typeof given === 'symbol') throw new TypeError('a body can\'t be a symbol');
  return { init: String(given), isStream: false };
}

const EMPTY = new Uint8Array(0);

/** The bytes, none if they were transferred (Web IDL, "get a copy of the bytes held by the buffer source"); the buffer may be another realm's. */
function copyOf(buffer: ArrayBufferLike, offset: number, length: number): Uint8Array {
  return length === 0 ? EMPTY : new Uint8Array(buffer, offset, length).slice();
}
