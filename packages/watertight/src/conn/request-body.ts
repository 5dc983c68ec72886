/** Owns the body of a request: which kinds of value are accepted, and how each is made ready to be sent. */
import { Readable } from 'node:stream';
import { isArrayBuffer } from 'node:util/types';
import { FormDataEncoder } from 'form-data-encoder';
import { RequestError } from '../wire/index.js';
import { iteratorOf, readerOf, type BodyListener, type ChunkSource, type RequestBody } from './chunk-source.js';
import { requestBodyFailed } from './error.js';
import { isEventStream, OutgoingStream, type EventStream } from './event-stream.js';
import { isNodeStream, NodeStreamBody } from './node-stream.js';
import { callQuietly, isThenable } from './user-call.js';
import { WebStreamBody } from './web-stream.js';

/** A piece of a streamed body. */
export type BodyChunk = string | Uint8Array | ArrayBuffer;

type OneBody =
  | string
  | Uint8Array
  | ArrayBuffer
  | URLSearchParams
  | Blob
  | FormData
  | ReadableStream<BodyChunk>
  | EventStream
  | AsyncIterable<BodyChunk>
  | Iterable<BodyChunk>;

/**
 * What can be sent as a body. Strings are sent as UTF-8. A stream or an iterable
 * can be sent once; a function that returns one is called for each attempt, so
 * that the request can be retried and redirected. A form of the package `form-data`
 * keeps its boundary and, where it can tell, its length.
 */
export type BodyInit = OneBody | (() => OneBody);

/**
 * Makes a body ready.
 *
 * @throws RequestError (`ERR_INVALID_BODY`) for what can't be sent.
 */
export function toRequestBody(init: BodyInit): RequestBody {
  if (typeof init === 'function') {
    const make = (): RequestBody => toRequestBody(called(init));
    const first = make();
    let latest = first;
    let unopened: RequestBody | null = first;
    let listener: BodyListener | null = null;
    return {
      length: first.length,
      contentType: first.contentType,
      replayable: true,
      bytes: first.bytes,
      open() {
        latest = unopened ?? make();
        unopened = null;
        latest.watch(listener);
        return latest.open();
      },
      release(reason) {
        unopened?.release(reason);
        unopened = null;
      },
      watch(next) {
        listener = next;
        latest.watch(next);
      },
    };
  }
  if (typeof init === 'string') return inMemory(Buffer.from(init, 'utf8'), 'text/plain;charset=UTF-8');
  if (init instanceof Uint8Array) return inMemory(init, null);
  if (isArrayBuffer(init)) return inMemory(new Uint8Array(init), null);
  if (ArrayBuffer.isView(init)) return inMemory(new Uint8Array((init as ArrayBufferView).buffer, (init as ArrayBufferView).byteOffset, (init as ArrayBufferView).byteLength), null);
  if (isSearchParams(init)) return inMemory(Buffer.from(init.toString(), 'utf8'), 'application/x-www-form-urlencoded;charset=UTF-8');
  if (isBlob(init)) return fromBlob(init);
  if (isFormData(init)) return fromFormData(init);
  if (typeof init === 'object' && init !== null) {
    if (isReadableStream(init)) {
      if (init.locked || Readable.isDisturbed(init as unknown as NodeJS.ReadableStream)) throw new RequestError('ERR_INVALID_BODY', `the body is a ReadableStream that is ${init.locked ? 'locked to a reader' : 'read already'}; give one that nobody has read, or a function that makes it anew`);
      return new WebStreamBody(init);
    }
    if (isEventStream(init)) return fromEventStream(init);
    if (isNodeStream(init)) return new NodeStreamBody(init);
    if (Symbol.asyncIterator in init) return once(() => iteratorOf(init, init[Symbol.asyncIterator]()));
    if (Array.isArray(init)) return { length: null, contentType: null, replayable: true, bytes: null, open: () => iteratorOf(init, init[Symbol.iterator]()), release: nothing, watch: nothing };
    if (Symbol.iterator in init) return once(() => iteratorOf(init, init[Symbol.iterator]()));
  }
  const kind = init === null ? 'null' : typeof init;
  const hint = kind === 'object' ? '; for JSON, send JSON.stringify(value) with Content-Type: application/json' : '';
  throw new RequestError('ERR_INVALID_BODY', `a body is a string, bytes, URLSearchParams, Blob, FormData, a stream, an iterable of chunks or a function that returns one of these, not ${kind}${hint}`);
}

/** A chunk of a streamed body as bytes. @throws RequestError for anything but a string or bytes. */
export function chunkBytes(chunk: unknown): Uint8Array {
  if (typeof chunk === 'string') return Buffer.from(chunk, 'utf8');
  if (chunk instanceof Uint8Array) return chunk;
  if (isArrayBuffer(chunk)) return new Uint8Array(chunk);
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new RequestError('ERR_INVALID_BODY', `a chunk of the body is a string or bytes, not ${chunk === null ? 'null' : typeof chunk}`);
}

function inMemory(bytes: Uint8Array, contentType: string | null): RequestBody {
  return { length: bytes.length, contentType, replayable: true, bytes, open: () => iteratorOf([], [bytes][Symbol.iterator]()), release: nothing, watch: nothing };
}

/** A source that can be opened once; opening it again is a bug of the retry rules, so it throws. */
function once(open: () => ChunkSource): RequestBody {
  let opened = false;
  return {
    length: null,
    contentType: null,
    replayable: false,
    bytes: null,
    open() {
      if (opened) throw new RequestError('ERR_INVALID_BODY', 'the body is a stream and has been sent already; pass a function that makes it anew');
      opened = true;
      return open();
    },
    release(reason) {
      if (opened) return;
      opened = true;
      callQuietly(() => open().stop(reason));
    },
    watch: nothing,
  };
}

/** A form of the package `form-data`, or another stream of its kind. */
function fromEventStream(stream: EventStream): RequestBody {
  const outgoing = new OutgoingStream(stream);
  const body: { -readonly [Name in keyof RequestBody]: RequestBody[Name] } = once(() => {
    const readable = outgoing.open();
    return iteratorOf(readable, readable[Symbol.asyncIterator]());
  });
  body.length = outgoing.length;
  body.contentType = outgoing.contentType;
  body.release = () => outgoing.release();
  body.watch = (listener) => outgoing.watch(listener);
  if (outgoing.measurable) {
    body.measure = async () => {
      body.measure = undefined;
      body.length = await outgoing.measure();
    };
  }
  return body;
}

function fromBlob(blob: Blob): RequestBody {
  const type = checkedType(blob.type);
  return { length: blob.size, contentType: type === '' ? null : type, replayable: true, bytes: null, open: () => chunksOf(blob.stream()), release: nothing, watch: nothing };
}

/** What `stream()` of a Blob gave: a polyfill's may be no ReadableStream of Node's. */
function chunksOf(stream: ReadableStream<Uint8Array>): ChunkSource {
  return typeof stream.getReader === 'function' ? readerOf(stream.getReader()) : iteratorOf(stream, (stream as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]());
}

/** A Blob can carry any type; one that is no header value must not become one. */
function checkedType(type: string): string {
  if (/[^\t\x20-\x7e\x80-\xff]/.test(type)) throw new RequestError('ERR_INVALID_BODY', "the Blob's type holds a character that can't be sent in a Content-Type header");
  return type;
}

function fromFormData(form: FormData): RequestBody {
  const boundary = `----watertight-${crypto.randomUUID()}${crypto.randomUUID()}`.replaceAll('-', '').padStart(64, '-');
  for (const [, value] of form) if (typeof value !== 'string') checkedType(value.type);
  const encoder = new FormDataEncoder(form, boundary);
  return {
    length: encoder.contentLength === undefined ? null : Number(encoder.contentLength),
    contentType: encoder.contentType,
    replayable: true,
    bytes: null,
    open: () => iteratorOf(encoder, encoder[Symbol.asyncIterator]()),
    release: nothing,
    watch: nothing,
  };
}

/** What a function for the body returned. */
function called(make: () => OneBody): OneBody {
  let body: OneBody;
  try {
    body = make();
  } catch (error) {
    throw requestBodyFailed(error);
  }
  if (isThenable(body)) {
    // Refused, and its rejection, if it comes, must not end the process.
    callQuietly(() => body);
    throw new RequestError('ERR_INVALID_BODY', 'the function for the body returned a promise; await it before the request, or return an async iterable');
  }
  return body;
}

/** What is in memory holds nothing. */
function nothing(): void {}

/**
 * Another copy of undici, a polyfill or a simulated browser brings classes of its
 * own: they are known by the name that their standard gives them, and by what is called.
 */
function isNamed(value: unknown, names: readonly string[], methods: readonly PropertyKey[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const object = value as Record<PropertyKey, unknown>;
  return names.includes(object[Symbol.toStringTag] as string) && methods.every((name) => typeof object[name] === 'function');
}

export function isBlob(value: unknown): value is Blob {
  return isNamed(value, ['Blob', 'File'], ['stream', 'arrayBuffer']);
}

export function isFormData(value: unknown): value is FormData {
  return isNamed(value, ['FormData'], ['append', 'getAll', 'entries', Symbol.iterator]);
}

export function isSearchParams(value: unknown): value is URLSearchParams {
  return isNamed(value, ['URLSearchParams'], ['append', 'toString']);
}

function isReadableStream(value: object): value is ReadableStream<BodyChunk> {
  return typeof ReadableStream !== 'undefined' && value instanceof ReadableStream;
}
