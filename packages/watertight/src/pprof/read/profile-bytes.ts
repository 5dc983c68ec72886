/** Owns what the bytes of a profile are, before any form: of which type, compressed or not, text or not. */
import { gunzipSync } from 'node:zlib';
import { type Budget, ProfileError } from '../profile/index.js';
import { isUtf16 } from './dump-text.js';

/** The first bytes of an execution trace of Go, which is not a profile. */
const GO_TRACE = 'go 1.';
/** The number of bytes that are enough to detect the form. */
export const HEAD = 64;

export function gunzip(bytes: Buffer, budget: Budget): Buffer {
  const limit = Math.min(budget.maxBytes, budget.maxHeldBytes);
  try {
    return gunzipSync(bytes, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw gzipError(error, bytes.length);
    throw new ProfileError('ERR_PROFILE_LIMIT', `The profile is longer than ${limit} bytes when unpacked. A profile of text can be read by parseProfileStream, in less memory; or raise the options maxBytes and maxHeldBytes`, { position: limit, line: 0 }, { cause: error });
  }
}

/** The error with a position in the compressed bytes, as far as zlib tells it. */
export function gzipError(error: unknown, position: number): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === 'Z_BUF_ERROR') return new ProfileError('ERR_PROFILE_TRUNCATED', 'The compressed profile ends too early', { position, line: 0 }, { cause: error });
  if (code?.startsWith('Z_') === true) return new ProfileError('ERR_PROFILE_GZIP', `The compressed profile is broken: ${(error as Error).message}; compressed`, { position, line: 0 }, { cause: error });
  return error;
}

export function bytesOf(input: unknown): Buffer {
  if (typeof input === 'string') return Buffer.from(input);
  if (ArrayBuffer.isView(input)) return Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  if (input instanceof ArrayBuffer || input instanceof SharedArrayBuffer) return Buffer.from(input);
  throw new ProfileError('ERR_PROFILE_INPUT', `A profile is a string or bytes (a Uint8Array), not ${nameOf(input)}. A stream is read by parseProfileStream.`);
}

export function nameOf(value: unknown): string {
  return value === null ? 'null' : typeof value === 'object' ? Object.prototype.toString.call(value) : typeof value;
}

export function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Whether the input is binary: text has no control characters but tabs, line ends and ANSI colours;
 * profile.proto always has some, as its tags and lengths are small numbers.
 */
export function isBinary(bytes: Buffer): boolean {
  // The head of an execution trace is padded with zeros, and UTF-16 has them for every other byte.
  if (bytes.toString('latin1', 0, GO_TRACE.length) === GO_TRACE) return false;
  if (isUtf16(bytes)) return false;
  return bytes.subarray(0, HEAD).some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27));
}

/** The length of the byte order mark, or 0. */
export function pastMark(bytes: Buffer): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}
