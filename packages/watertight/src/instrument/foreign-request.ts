/**
 * Owns one request of another client, from its start until its response was read to its end or given up, as a
 * task and as the holder of that task.
 *
 * A program may make 100,000 requests a second, so each request writes as little as possible here, and values
 * are computed when they are read. The request refers to the response's stream only for the turn of the event
 * loop in which the response came, so that the garbage collector can find out afterwards whether the program
 * still holds the stream.
 */
import type { Readable } from 'node:stream';
import { addBriefTask, framesOf, now, removeBriefTask, Task, toEpoch, unwatch, watch, type BriefTask, type HolderClient, type TaskState, type Trace, type Watched } from '../tasks/index.js';
import { fault } from './fault.js';
import type { ForeignOrigin } from './foreign-origin.js';
import { isOfIterator } from './iterator-listeners.js';
import { turnTime } from './turn-clock.js';

/** The key under which the objects of other clients keep their request. All copies of this library use the same key, and one copy observes for all. */
export const REQUEST: unique symbol = Symbol.for('watertight.request.1');

/** The request that belongs to a client's own object (a message of node:http, a request of undici); undefined if it was not observed. */
export function requestOf(carrier: object): unknown {
  return (carrier as { readonly [REQUEST]?: unknown })[REQUEST];
}

/** The stream from which a program reads a response. It keeps its request under a symbol, so that finding it costs one property read. */
export interface ObservedStream extends Readable {
  [REQUEST]?: ForeignRequest;
}

/** The internal state of Node's streams; the fields read here have existed since Node 10. */
interface StreamState {
  readonly length: number;
  readonly buffer?: Iterable<Uint8Array | string | null>;
  readonly encoding?: BufferEncoding | null;
  readonly flowing?: boolean | null;
  readonly ended?: boolean;
  readonly endEmitted?: boolean;
}

export abstract class ForeignRequest extends Task implements BriefTask, Watched {
  place = -1;
  client: HolderClient;
  readonly method: string;
  status = 0;
  abandoned = false;
  finished = false;
  lingering = false;
  handle: object | null = null;
  nextFresh: Watched | null = null;
  openedAt: number;
  /** Bytes of the body that this process has received. */
  received = 0;
  /** True if the response has arrived in full, or its connection is gone. */
  complete = false;
  /** True if the client was told to stop receiving for now. */
  paused = false;
  /** The response's header fields in the client's own form. */
  protected fields: unknown = null;
  /** The stream from which the program reads; set only in the turn in which the response came. */
  private stream: ObservedStream | null = null;
  private weakStream: WeakRef<ObservedStream> | null = null;
  /** True if the last read returned nothing and no byte has come since. */
  private waits = false;
  /** True if the program reads from a decoder, whose bytes are others than those that came. */
  private decoded = false;
  /** Bytes that the program has read from the decoder. */
  private decodedRead = 0;
  private progressSeen = 0;
  private progressAt: number;

  constructor(
    client: HolderClient,
    method: string,
    trace: Trace | null,
    protected readonly foreignOrigin: ForeignOrigin,
  ) {
    const at = turnTime();
    super('request', client, 'io wait', trace, foreignOrigin.labels, at);
    this.client = client;
    this.method = method;
    this.openedAt = this.progressAt = at;
    this.holder = this;
    addBriefTask(this);
  }

  abstract get url(): string;
  abstract get origin(): string;

  // ---- events

  /** Called when the headers of the final response have come. */
  responded(status: number, fields: unknown): void {
    this.status = status;
    this.fields = fields;
    this.openedAt = this.progressAt = turnTime();
  }

  /** Called when it is known that the program reads the response from `stream`. */
  readFrom(stream: ObservedStream): void {
    if (this.finished) return;
    if (stream.destroyed) {
      this.finish();
      return;
    }
    stream[REQUEST] = this;
    this.stream = stream;
    this.decoded = isDecoder(stream);
    watch(this, stream);
  }

  /** Called when no more bytes will come. Without a stream, the request is finished with that. */
  ended(): void {
    this.complete = true;
    const { target } = this;
    if ((this.received === 0 && this.freedByEmptyBody) || target === null || this.isReadOut(target)) this.finish();
  }

  /** Called when the connection is gone or serves others. What was read to its last byte holds nothing any more. */
  released(): void {
    const { target } = this;
    if (this.complete && (this.received === 0 || (target !== null && this.isReadOut(target)))) this.finish();
  }

  /** Called when `stream` has no bytes left but those in its buffer. */
  streamEnded(stream: ObservedStream): void {
    if (this.isReadOut(stream)) this.finish();
  }

  /** Called when the program called read() and got `chunk`. */
  wasRead(stream: ObservedStream, chunk: unknown): void {
    this.waits = chunk === null;
    if (this.decoded && Buffer.isBuffer(chunk)) this.decodedRead += chunk.length;
    if (this.lingering) this.noteProgress();
    if (this.isReadOut(stream)) this.finish();
  }

  /** Called when it holds its connection no longer: it was read to its end, closed, failed or given up. */
  finish(): void {
    if (this.finished) return;
    this.finished = true;
    this.handle = this.stream = this.weakStream = null;
    if (this.lingering) unwatch(this);
    removeBriefTask(this);
  }

  /** Whether reading the last byte releases the connection, or only the reader's noticing of the end. */
  protected get freedByLastByte(): boolean {
    return true;
  }

  /** Whether a response without a byte is finished when it has arrived, or only when its reader has noticed the end. */
  protected get freedByEmptyBody(): boolean {
    return true;
  }

  /** Whether every byte was read. A response behind a decoder may have arrived in full before a byte of it can be read. */
  private isReadOut(stream: ObservedStream): boolean {
    if (!this.complete || !this.freedByLastByte) return false;
    const { length, ended } = stateOf(stream);
    return length === 0 && ended === true;
  }

  // ---- from the watch

  lingers(): void {
    if (this.stream === null) return;
    this.noteProgress();
    this.weakStream = new WeakRef(this.stream);
    this.stream = null;
    // An unread stack refers to the receiver of each of its frames, among them undici's request, which refers to the
    // stream.
    if (this.trace === null) return;
    try {
      framesOf(this.trace);
    } catch (error) {
      // The program's own Error.prepareStackTrace may throw.
      fault(error);
    }
  }

  /** The connection belongs to the other client and is not closed. If it is gone already, only the collection of the response was outstanding. */
  reclaim(): void {
    if (this.complete) this.finish();
  }

  turnedSuspect(): void {
    this.foreignOrigin.turnedSuspect();
  }

  // ---- the fields of the holder record and of the task

  /** The stream from which the program reads, while it exists. */
  protected get target(): ObservedStream | null {
    return this.stream ?? this.weakStream?.deref() ?? null;
  }

  get bytesRead(): number {
    const { target } = this;
    // After the stream was collected, the last noted progress is all that is known.
    if (this.abandoned || (target === null && this.weakStream !== null)) return this.progressSeen;
    if (target === null) return this.received;
    if (this.decoded) return this.decodedRead;
    return Math.max(0, this.received - bufferedIn(target));
  }

  get contentLength(): number {
    // The header tells how long a compressed body is, not what is decoded from it.
    if (this.status === 0 || this.decoded) return -1;
    const length = fieldOf(this.fields, 'content-length');
    return length !== null && /^\d{1,15}$/.test(length) ? Number(length) : -1;
  }

  get lastReadAt(): number {
    this.noteProgress();
    return this.progressAt;
  }

  /** Notes the progress, which can be read only while the stream exists. */
  protected noteProgress(): void {
    const { bytesRead } = this;
    if (bytesRead === this.progressSeen) return;
    this.progressSeen = bytesRead;
    this.progressAt = now();
  }

  get awaited(): boolean {
    if (this.status === 0 || this.finished) return false;
    const { target } = this;
    if (target === null) return !this.complete && !this.paused && this.weakStream === null;
    const { length, flowing, endEmitted } = stateOf(target);
    if (length > 0 || endEmitted === true || this.complete) return false;
    if (flowing === true) return true;
    // A listener of 'readable' stops the flow, as a pause does, but it is called when the next bytes come.
    const listeners = target.rawListeners('readable');
    if (listeners.some((listener) => !isOfIterator(listener))) return true;
    return this.waits && (flowing !== false || listeners.length > 0);
  }

  override get state(): TaskState {
    return this.status === 0 || this.awaited ? 'io wait' : 'select';
  }

  override get since(): number {
    return toEpoch(this.status === 0 ? this.openedAt : this.lastReadAt);
  }
}

/** Whether a stream is also writable, which means that it is a decoder of a compressed body. */
export function isDecoder(stream: Readable): boolean {
  return typeof (stream as { readonly write?: unknown }).write === 'function';
}

function stateOf(stream: Readable): StreamState {
  return (stream as unknown as { readonly _readableState: StreamState })._readableState;
}

/** Bytes in the buffer of a stream. */
export function bufferedIn(stream: Readable): number {
  const { length, buffer, encoding } = stateOf(stream);
  // With an encoding, `length` counts characters.
  if (encoding === null || encoding === undefined || buffer === undefined) return length;
  let bytes = 0;
  for (const chunk of buffer) {
    if (typeof chunk === 'string') bytes += Buffer.byteLength(chunk, encoding);
    else if (chunk !== null) bytes += chunk.byteLength;
  }
  return bytes;
}

/** The value of a header field, from any form in which clients keep the fields: an array of names and values, as strings or bytes, or an object. */
export function fieldOf(fields: unknown, name: string): string | null {
  if (Array.isArray(fields)) {
    for (let i = 0; i + 1 < fields.length; i += 2) {
      if (textOf(fields[i])?.toLowerCase() === name) return textOf(fields[i + 1]);
    }
    return null;
  }
  if (typeof fields !== 'object' || fields === null) return null;
  return textOf((fields as Record<string, unknown>)[name]);
}

function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  return Array.isArray(value) ? textOf(value[0]) : null;
}
