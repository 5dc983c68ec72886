/** Owns reading a profile in any of its forms: which one it is, unpacking it, and handing it to its parser. */
import { finished } from 'node:stream/promises';
import { createGunzip, gunzipSync } from 'node:zlib';
import { Budget, type ParseOptions, type Profile, ProfileError } from '../profile/index.js';
import { readProto } from './proto-profile.js';
import { TextProfile } from './text-profile.js';

/** What `parseProfile` takes. Text is taken as its UTF-8. */
export type ProfileInput = string | Uint8Array | ArrayBuffer;
/** What `parseProfileStream` takes: a fetch Response's body, a file's stream, chunks in an array. */
export type ProfileSource = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;

/**
 * Reads a profile: debug=0 (`profile.proto`, gzipped or not), debug=1 or
 * debug=2, from Go 1.19 or later or from Watertight, or a Go program's dying
 * traceback; the form is found by content. Equal stacks are added up: a
 * profile of a million goroutines is small.
 *
 * Throws a ProfileError with the position if it is none of them, broken,
 * truncated or larger than `options` allow. Takes time in proportion to the
 * input's length; for what should not block the event loop as long as that,
 * and for more than a string can hold, there is `parseProfileStream`.
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
 * `parseProfile` for what comes in chunks, of any size: a file, a response's
 * body. A profile of text, gzipped or not, is read as it comes, in memory for
 * its different stacks only; debug=0 is collected first. If it fails, the
 * source is closed and the promise rejects.
 */
export async function parseProfileStream(source: ProfileSource, options?: ParseOptions): Promise<Profile> {
  const budget = new Budget(options);
  const chunks = await begun(chunksOf(source));
  const plain = isGzip(chunks.head) ? await begun(gunzipped(chunks.all())) : chunks;
  return budget.accept(await readPlain(plain, budget));
}

/** Text is read in pieces, so that limits are looked at in between. */
const PIECE = 64 * 2 ** 10;
/** Compressed bytes are unpacked in pieces, of which each can become a thousand times as long. */
const PACKED_PIECE = 16 * 2 ** 10;
/** What an execution trace of Go starts with, which is no profile. */
const GO_TRACE = 'go 1.';
/** As many bytes tell the forms apart. */
const HEAD = 64;

/** What has begun to come: its first bytes, and everything, those included. */
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

/** Waits for enough bytes to tell the form. */
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
 * Reads no further ahead than what has been unpacked and taken: a read under
 * way could not be called off, and the source not be closed, when what came
 * before turns out to be broken.
 */
async function* gunzipped(chunks: AsyncGenerator<Buffer, void, undefined>): AsyncGenerator<Buffer, void, undefined> {
  const gunzip = createGunzip();
  const unpacked: Buffer[] = [];
  gunzip.on('data', (chunk: Buffer) => unpacked.push(chunk));
  // May come before all is written, where something follows the compressed data.
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

/** Positions are those of the compressed bytes, as far as zlib tells. */
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

/** Text has no control characters but tabs, line ends and a terminal's colours; profile.proto cannot do without, as its tags and lengths are small numbers. */
function isBinary(bytes: Buffer): boolean {
  // Its head is filled up with zeros.
  if (bytes.toString('latin1', 0, GO_TRACE.length) === GO_TRACE) return false;
  return bytes.subarray(0, HEAD).some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27));
}

/** How many bytes a byte order mark has. */
function pastMark(bytes: Buffer): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}
