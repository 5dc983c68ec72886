/** Owns the reading of a profile in any form: it detects the form, decompresses the input and passes it to the parser. */
import { finished } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Budget, type ParseOptions, type Profile, ProfileError } from '../profile/index.js';
import { bytesOf, gunzip, gzipError, HEAD, isBinary, isGzip, nameOf, pastMark } from './profile-bytes.js';
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
