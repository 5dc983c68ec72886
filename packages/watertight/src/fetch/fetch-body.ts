/** Owns the body of a request of `fetch`: what the standard takes as one, with its length and its type. */
import { Readable } from 'node:stream';
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
    if (given instanceof ArrayBuffer) return { init: given.slice(0), isStream: false };
    if (ArrayBuffer.isView(given)) return { init: new Uint8Array(given.buffer, given.byteOffset, given.byteLength).slice(), isStream: false };
    if (isSearchParams(given) || isBlob(given) || isFormData(given)) return { init: given, isStream: false };
    if (given instanceof ReadableStream || Symbol.asyncIterator in given) {
      if (duplex === undefined) throw new TypeError("RequestInit: duplex option is required when sending a body: add duplex: 'half'");
      if (given instanceof ReadableStream && (given.locked || Readable.isDisturbed(given as unknown as NodeJS.ReadableStream))) throw new TypeError('Response body object should not be disturbed or locked');
      return { init: given as ReadableStream<Uint8Array>, isStream: true };
    }
  }
   
  return { init: String(given), isStream: false };
}
