/** Owns the response of `fetch`: an instance of the platform's Response whose parts are made when they are first asked for. */
import { Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { alone } from '../conn/index.js';
import { INSPECT, inspectAs, type Inspect } from '../wire/index.js';
import { FetchSource, type EndListener, type UnreadBody } from './fetch-source.js';
import { fetchStream } from './fetch-stream.js';
import { platform } from './platform.js';
import { responseHeaders } from './response-headers.js';

/** The head of a response; the library's `Response` is such a thing. */
export interface FetchHead {
  readonly status: number;
  readonly statusText: string;
  /** Without fragment. */
  readonly url: string;
  readonly headers: { readonly raw: [string, string][] };
}

/** What the standard's mode `no-cors` shows of another origin's response. */
export const OPAQUE: FetchHead = { status: 0, statusText: '', url: '', headers: { raw: [] } };

let isLinked = false;

/** How a response came about: `cors` and `opaque` after a redirect to another origin. */
export type ResponseType = 'basic' | 'cors' | 'opaque';

/** What `bytes()` of the platform's `Response` gives, in the words of whichever library of types the program has; older ones have no such method. */
type PlatformBytes = Response extends { bytes(): Promise<infer Bytes> } ? Bytes : Uint8Array;

/**
 * A response whose body comes from a connection of ours. Its fields are private to
 * the engine, so that a copy of its properties is as empty as one of the platform's.
 */
export class FetchResponse implements Response {
  readonly #head: FetchHead;
  readonly #type: ResponseType;
  readonly #redirected: boolean;
  /** Null where a response has no body: to HEAD, and with the statuses that never have one. */
  #source: FetchSource | null;
  #parsed: Headers | null = null;
  #stream: ReadableStream<Uint8Array> | null = null;

  constructor(head: FetchHead, type: ResponseType, redirected: boolean, body: UnreadBody | null, signal: AbortSignal | null, listener: EndListener | null) {
    isLinked ||= linkToPlatform();
    this.#head = head;
    this.#type = type;
    this.#redirected = redirected;
    this.#source = body === null ? null : new FetchSource(body, signal, listener);
  }

  get type(): ResponseType {
    return this.#type;
  }

  get redirected(): boolean {
    return this.#redirected;
  }

  get status(): number {
    return this.#head.status;
  }

  get statusText(): string {
    return this.#head.statusText;
  }

  get ok(): boolean {
    return this.#head.status >= 200 && this.#head.status < 300;
  }

  get url(): string {
    return this.#head.url;
  }

  get headers(): Headers {
    return (this.#parsed ??= responseHeaders(this.#head.headers.raw));
  }

  get body(): Response['body'] {
    if (this.#stream === null && this.#source !== null) {
      const read = this.#source.disturbed;
      this.#stream = fetchStream(this.#source);
      // Who reads a body whole locks its stream for good, whether it has been asked for by then or not.
      if (read) lock(this.#stream);
    }
    return this.#stream as Response['body'];
  }

  get bodyUsed(): boolean {
    if (this.#source !== null && this.#source.disturbed) return true;
    return this.#stream !== null && Readable.isDisturbed(this.#stream as unknown as NodeJS.ReadableStream);
  }

  text(): Promise<string> {
    return this.#consume().then(decode);
  }

  json(): Promise<unknown> {
    return this.#consume().then(parse);
  }

  bytes(): Promise<PlatformBytes> {
    return this.#consume().then(alone);
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#consume().then((bytes) => alone(bytes).buffer as ArrayBuffer);
  }

  blob(): Promise<Blob> {
    return this.#consume().then((bytes) => this.#parsedBy(bytes).blob());
  }

  formData(): Promise<FormData> {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the standard has it, whatever is recommended
    return this.#consume().then((bytes) => this.#parsedBy(bytes).formData());
  }

  /** The platform has the parsers of MIME types, and of both kinds of form. */
  #parsedBy(bytes: Uint8Array): Response {
    const type = this.headers.get('content-type');
    return new (platform.Response ?? globalThis.Response)(bytes, { headers: type === null ? {} : { 'content-type': type } });
  }

  clone(): FetchResponse {
    if (this.#unusable()) throw new TypeError('Response.clone: Body has already been consumed.');
    const copy = new FetchResponse(this.#head, this.#type, this.#redirected, null, null, null);
    const { body } = this;
    if (body !== null) {
      const [one, two] = body.tee();
      this.#stream = one;
      copy.#stream = two;
      this.#source = null;
    }
    return copy;
  }

  /** What `console.log` and `util.inspect` show. */
  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const { status, statusText, headers, body, bodyUsed, ok, redirected, type, url } = this;
    return inspectAs('Response', { status, statusText, headers, body, bodyUsed, ok, redirected, type, url }, options, inspect);
  }

  #unusable(): boolean {
    return this.bodyUsed || (this.#stream !== null && this.#stream.locked);
  }

  /** The whole body. */
  #consume(): Promise<Uint8Array> {
    if (this.#unusable()) return Promise.reject(new TypeError('Body is unusable: Body has already been read'));
    const source = this.#source;
    const stream = this.#stream;
    if (stream === null) return source === null ? Promise.resolve(EMPTY) : source.readAll();
    return readStream(stream, source);
  }
}

const EMPTY = new Uint8Array(0);

/** A reader that stays: the standard does not release the one with which it reads a body whole. */
function lock(stream: ReadableStream<Uint8Array>): ReadableStreamDefaultReader<Uint8Array> {
  const reader = stream.getReader();
  // Whoever reads hears of the failure.
  reader.closed.catch(() => undefined);
  return reader;
}

/** Reads a stream to its end; while it is locked, what is under it is read, if it has not been begun. */
async function readStream(stream: ReadableStream<Uint8Array>, source: FetchSource | null): Promise<Uint8Array> {
  const reader = lock(stream);
  if (source !== null) {
    try {
      return await source.readAll();
    } finally {
      // It is over for whoever holds the stream as well.
      await reader.cancel().catch(() => undefined);
    }
  }
  const chunks: Uint8Array[] = [];
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    if (!(step.value instanceof Uint8Array)) throw new TypeError('Received non-Uint8Array chunk');
    chunks.push(step.value);
  }
  return Buffer.concat(chunks);
}

const decoder = new TextDecoder();

function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

function parse(bytes: Uint8Array): unknown {
  return JSON.parse(decoder.decode(bytes));
}

// Enumerable, as those of the platform's are: some programs copy them with for-in.
for (const name of Object.getOwnPropertyNames(FetchResponse.prototype)) if (name !== 'constructor') Object.defineProperty(FetchResponse.prototype, name, { enumerable: true });

/**
 * `instanceof Response` holds, and `response.constructor` is the platform's; its
 * constructor, which costs more than a request, is not run.
 */
function linkToPlatform(): true {
  if (platform.Response !== undefined) {
    Object.setPrototypeOf(FetchResponse.prototype, platform.Response.prototype);
    Object.defineProperty(FetchResponse.prototype, 'constructor', { value: platform.Response, configurable: true, writable: true });
  }
  return true;
}
