/** Owns the sending of a stream of the oldest kind, which only has events and `pipe`, such as the form of the package `form-data`. */
import { PassThrough, type Readable, type Stream } from 'node:stream';
import { asError, messageOf } from '../tasks/index.js';
import { RequestError } from '../wire/index.js';
import type { BodyListener } from './chunk-source.js';
import { requestBodyFailed } from './error.js';
import { callQuietly } from './user-call.js';

/** A stream of Node's first kind. The form of `form-data` has the further methods. */
export interface EventStream extends Stream {
  destroy?(): unknown;
  getHeaders?(): Readonly<Record<string, unknown>>;
  hasKnownLength?(): boolean;
  getLengthSync?(): number;
  getLength?(callback: (error: unknown, length: number) => void): void;
}

/** It has events and `pipe`, and no iterator; or it has headers of its own to send. */
export function isEventStream(value: object): value is EventStream {
  const { on, pipe, getHeaders } = value as Partial<EventStream>;
  return typeof on === 'function' && typeof pipe === 'function' && (!(Symbol.asyncIterator in value) || typeof getHeaders === 'function');
}

/** One such stream, listened to from the start: an error before it is sent must not end the process. */
export class OutgoingStream {
  /** Of its own header; null if it has none. It carries the form's boundary. */
  readonly contentType: string | null;
  /** In bytes; null if it is not known without a wait, or not at all. */
  readonly length: number | null;
  private failure: { readonly error: unknown } | null = null;
  private readonly through = new PassThrough();
  private piped = false;
  private listener: BodyListener | null = null;

  constructor(private readonly stream: EventStream) {
    this.through.on('error', () => undefined);
    stream.on('error', (error: unknown) => {
      if (this.failure !== null) return;
      this.failure = { error };
      this.through.destroy(asError(error));
      if (!this.piped) this.listener?.(requestBodyFailed(error));
    });
    try {
      this.contentType = contentTypeOf(stream);
      this.length = stream.hasKnownLength?.() === true ? checkedLength(stream.getLengthSync?.()) : null;
    } catch (error) {
      throw new RequestError('ERR_INVALID_BODY', `the form could not say what it is: ${messageOf(error)}`, { cause: error });
    }
  }

  /** From now on, `listener` is told if the stream fails before it is opened; at once if it has failed. */
  watch(listener: BodyListener | null): void {
    this.listener = listener;
    if (listener !== null && this.failure !== null && !this.piped) listener(requestBodyFailed(this.failure.error));
  }

  /** Its length takes a wait, as that of a form with files does. */
  get measurable(): boolean {
    return this.length === null && typeof this.stream.getLength === 'function';
  }

  /** Resolves with the length, or with null if it is not to be had; never rejects. */
  measure(): Promise<number | null> {
    return new Promise((resolve) => {
      try {
        this.stream.getLength!((error, length) => resolve(error ? null : checkedLength(length)));
      } catch {
        // A file that can't be read: sending it says so.
        resolve(null);
      }
    });
  }

  /** The stream as one of the present kind, whose destroy() ends both. */
  open(): Readable {
    this.through.once('close', () => this.end());
    if (this.failure === null) {
      this.piped = true;
      this.stream.pipe(this.through);
    }
    return this.through;
  }

  /** It will not be sent. */
  release(): void {
    if (this.piped) return;
    this.through.destroy();
    this.end();
  }

  /** Ends the stream, and the files that a form has opened: its own destroy() leaves these open. */
  private end(): void {
    const { _streams: parts, _currentStream: current } = this.stream as { _streams?: unknown; _currentStream?: unknown };
    const sources = Array.isArray(parts) ? [...(parts as unknown[]), current] : [];
    callQuietly(() => this.stream.destroy?.());
    for (const part of sources) {
      const source = (part as { source?: { destroy?(): void } } | null | undefined)?.source;
      if (typeof source?.destroy === 'function') callQuietly(() => source.destroy!());
    }
  }
}

function contentTypeOf(stream: EventStream): string | null {
  if (typeof stream.getHeaders !== 'function') return null;
  for (const [name, value] of Object.entries(stream.getHeaders())) {
    if (name.toLowerCase() === 'content-type' && typeof value === 'string') return value;
  }
  return null;
}

function checkedLength(length: unknown): number | null {
  return Number.isSafeInteger(length) && (length as number) >= 0 ? (length as number) : null;
}
