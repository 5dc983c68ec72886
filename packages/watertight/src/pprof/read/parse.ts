/** Owns the reading of a profile in any form: it detects the form, decompresses the input and passes it to the parser. */
import { finished } from 'node:stream/promises';
import { createGunzip, gunzipSync } from 'node:zlib';
import { Budget, type ParseOptions, type Profile, ProfileError } from '../profile/index.js';
import { readProto } from './proto-profile.js';
import { TextProfile } from './text-profile.js';

/** Input of `parseProfile`. Text is read as its UTF-8. */
export type ProfileInput = string | Uint8Array | ArrayBuffer;
/** Input of `parseProfileStream`: the body of a fetch Response, a file's stream, an array of chunks. */
export type ProfileSource = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;

/**
 * Reads a profile: debug=0 (`profile.proto`, gzipped or not), debug=1 or debug=2, from Go 1.19 or later or
 * from Watertight, or the traceback of a crashed Go program. The form is detected by content. Equal stacks
 * are added up, so a profile of a million goroutines is small.
 *
 * The time is proportional to the length of the input, and blocks the event loop. Use `parseProfileStream` to
 * avoid that, and for more than a string can hold.
 *
 * @throws ProfileError, with the position, if the input is none of these, invalid, truncated or larger than
 *   `options` allow.
 */
export function parseProfile(input: ProfileInput, options?: ParseOptions): Profile {
  const budget = new Budget(options);
  const given = bytesOf(input);
  const bytes = isGzip(given) ? gunzip(given, budget) : given;
  if (isBinary(bytes)) return budget.accept(readProto(bytes, budget));
  const text = new TextProfile(budget);
  for (let at = pastMark(bytes); at < bytes.length; at += PIECE) text.write(bytes.subarray(at, at + PIECE));
  return budget.accept(text.close());
}

/**
 * Like `parseProfile`, for input in chunks of any size, such as a file or a response body. A text form,
 * gzipped or not, is parsed as it arrives, in memory for its different stacks only; debug=0 is collected
 * first. On an error, the source is closed and the promise rejects.
 */
export async function parseProfileStream(source: ProfileSource, options?: ParseOptions): Promise<Profile> {
  const budget = new Budget(options);
  const chunks = await begun(chunksOf(source));
  const plain = isGzip(chunks.head) ? await begun(gunzipped(chunks.all())) : chunks;
  return budget.accept(await readPlain(plain, budget));
}

/** Text is read in pieces, so that limits are checked between them. */
const PIECE = 64 * 2 ** 10;
/** Compressed input is decompressed in pieces, because each piece can become a thousand times as long. */
const PACKED_PIECE = 16 * 2 ** 10;
/** The first bytes of an execution trace of Go, which is not a profile. */
const GO_TRACE = 'go 1.';
/** The number of bytes that are enough to detect the form. */
const HEAD = 64;

/** An input of which the first bytes were read; `all` returns everything, these included. */
interface Chunks {
  readonly head: Buffer;
  all(): AsyncGenerator<Buffer, void, undefined>;
}

async function readPlain(chunks: Chunks, budget: Budget): Promise<Profile> {
  if (isBinary(chunks.head)) {
    const parts: Buffer[] = [];
    let length = 0;
    for await (const chunk of chunks.all()) {
      length += chunk.length;
      const place = { position: length, line: 0 };
      budget.read(length, place);
      if (length > budget.maxHeldBytes) throw budget.heldError(place);
      parts.push(chunk);
    }
    return readProto(Buffer.concat(parts), budget);
  }
  const text = new TextProfile(budget);
  let skip = pastMark(chunks.head);
  for await (const chunk of chunks.all()) {
    text.write(skip === 0 ? chunk : chunk.subarray(skip));
    skip = 0;
  }
  return text.close();
}

/** Reads enough bytes to detect the form. */
async function begun(chunks: AsyncGenerator<Buffer, void, undefined>): Promise<Chunks> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < HEAD) {
    const { done, value } = await chunks.next();
    if (done === true) break;
    head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  return {
    head,
    async *all() {
      try {
        yield head;
        yield* chunks;
      } finally {
        await chunks.return();
      }
    },
  };
}

async function* chunksOf(source: ProfileSource): AsyncGenerator<Buffer, void, undefined> {
  if (typeof source === 'string' || ArrayBuffer.isView(source)) {
    yield bytesOf(source as unknown);
    return;
  }
  if (source === null || typeof source !== 'object' || !(Symbol.asyncIterator in source || Symbol.iterator in source)) {
    throw new ProfileError('ERR_PROFILE_INPUT', `A profile is streamed from something iterable, chunks of bytes or text, not from ${nameOf(source)}.`);
  }
  for await (const chunk of source) yield bytesOf(chunk);
}

/**
 * Decompresses, and reads the next chunk only when everything before was taken: a read in progress cannot be
 * cancelled, so the source could not be closed if the data before it turns out to be invalid.
 */
async function* gunzipped(chunks: AsyncGenerator<Buffer, void, undefined>): AsyncGenerator<Buffer, void, undefined> {
  const gunzip = createGunzip();
  const unpacked: Buffer[] = [];
  gunzip.on('data', (chunk: Buffer) => unpacked.push(chunk));
  // Resolves before all is written if other bytes follow the compressed data.
  const over = finished(gunzip, { writable: false });
  over.catch(() => undefined);
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length && !gunzip.readableEnded; at += PACKED_PIECE) {
        const written = new Promise<void>((resolve) => gunzip.write(chunk.subarray(at, at + PACKED_PIECE), () => resolve()));
        await Promise.race([written, over]);
        yield* unpacked.splice(0);
      }
    }
    gunzip.end();
    await over;
    yield* unpacked.splice(0);
  } catch (error) {
    throw gzipError(error, gunzip.bytesWritten);
  } finally {
    gunzip.destroy();
  }
}

function gunzip(bytes: Buffer, budget: Budget): Buffer {
  const limit = Math.min(budget.maxBytes, budget.maxHeldBytes);
  try {
    return gunzipSync(bytes, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw gzipError(error, bytes.length);
    throw new ProfileError('ERR_PROFILE_LIMIT', `The profile is longer than ${limit} bytes when unpacked. A profile of text can be read by parseProfileStream, in less memory; or raise the options maxBytes and maxHeldBytes`, { position: limit, line: 0 }, { cause: error });
  }
}

/** The error with a position in the compressed bytes, as far as zlib tells it. */
function gzipError(error: unknown, position: number): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === 'Z_BUF_ERROR') return new ProfileError('ERR_PROFILE_TRUNCATED', 'The compressed profile ends too early', { position, line: 0 }, { cause: error });
  if (code?.startsWith('Z_') === true) return new ProfileError('ERR_PROFILE_GZIP', `The compressed profile is broken: ${(error as Error).message}; compressed`, { position, line: 0 }, { cause: error });
  return error;
}

function bytesOf(input: unknown): Buffer {
  if (typeof input === 'string') return Buffer.from(input);
  if (ArrayBuffer.isView(input)) return Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  if (input instanceof ArrayBuffer || input instanceof SharedArrayBuffer) return Buffer.from(input);
  throw new ProfileError('ERR_PROFILE_INPUT', `A profile is a string or bytes (a Uint8Array), not ${nameOf(input)}. A stream is read by parseProfileStream.`);
}

function nameOf(value: unknown): string {
  return value === null ? 'null' : typeof value === 'object' ? Object.prototype.toString.call(value) : typeof value;
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Whether the input is binary: text has no control characters but tabs, line ends and ANSI colours;
 * profile.proto always has some, as its tags and lengths are small numbers.
 */
function isBinary(bytes: Buffer): boolean {
  // The head of an execution trace is padded with zeros.
  if (bytes.toString('latin1', 0, GO_TRACE.length) === GO_TRACE) return false;
  return bytes.subarray(0, HEAD).some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27));
}

/** The length of the byte order mark, or 0. */
function pastMark(bytes: Buffer): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}
