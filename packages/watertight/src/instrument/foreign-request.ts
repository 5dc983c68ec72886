/**
 * Owns one request of another client, from its start until its response was
 * read to its end or given up: a task of its own, and the holder of itself.
 *
 * It is written to on each request of a program that may make 100,000 a
 * second, so what can be worked out when somebody looks is worked out then.
 * It refers to the response's stream only while nobody could miss it: for the
 * turn of the event loop in which it came. Then the garbage collector is to
 * tell us whether anybody holds it.
 */
import type { Readable } from 'node:stream';
import { addBriefTask, framesOf, now, removeBriefTask, Task, toEpoch, unwatch, watch, type BriefTask, type HolderClient, type TaskState, type Trace, type Watched } from '../tasks/index.js';
import { fault } from './fault.js';
import type { ForeignOrigin } from './foreign-origin.js';
import { turnTime } from './turn-clock.js';

/** Where other people's objects keep their request: the same for all copies of this library, of which one observes for all. */
export const REQUEST: unique symbol = Symbol.for('watertight.request.1');

/** The request that a client's own object (a message of node:http, a request of undici) stands for; undefined if none was observed. */
export function requestOf(carrier: object): unknown {
  return (carrier as { readonly [REQUEST]?: unknown })[REQUEST];
}

/** The stream a program reads a response from. Streams hold their request by a symbol, so that finding it costs one look. */
export interface ObservedStream extends Readable {
  [REQUEST]?: ForeignRequest;
}

/** What Node's streams know of themselves; the fields read here have been there since Node 10. */
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
  /** Bytes of the body that have come to this process. */
  received = 0;
  /** The response has arrived in full, or its connection is gone. */
  complete = false;
  /** The client was told not to send more for now. */
  paused = false;
  /** The response's header fields as the client has them. */
  protected fields: unknown = null;
  /** What the program reads from; in its first turn only. */
  private stream: ObservedStream | null = null;
  private weakStream: WeakRef<ObservedStream> | null = null;
  /** Its last read gave nothing, and no byte has come since. */
  private waits = false;
  /** The program reads what a decoder makes of it, so how much waits there says nothing of how much has come. */
  private decoded = false;
  private begun = false;
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

  // ---- what happens to it

  /** The final response's head has come. */
  responded(status: number, fields: unknown): void {
    this.status = status;
    this.fields = fields;
    this.openedAt = this.progressAt = turnTime();
  }

  /** The program reads the response from `stream`. */
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

  /** No more bytes will come. One that goes to nobody's stream is finished with that. */
  ended(): void {
    this.complete = true;
    const { target } = this;
    if ((this.received === 0 && this.freedByEmptyBody) || target === null || this.isReadOut(target)) this.finish();
  }

  /** `stream` will give nothing that it does not have already. */
  streamEnded(stream: ObservedStream): void {
    if (this.isReadOut(stream)) this.finish();
  }

  /** The program called read() and got `chunk`. */
  wasRead(stream: ObservedStream, chunk: unknown): void {
    this.waits = chunk === null;
    if (chunk !== null) this.begun = true;
    if (this.lingering) this.noteProgress();
    if (this.isReadOut(stream)) this.finish();
  }

  /** It no longer holds anything: read to its end, closed, failed or given up. */
  finish(): void {
    if (this.finished) return;
    this.finished = true;
    this.handle = this.stream = this.weakStream = null;
    if (this.lingering) unwatch(this);
    removeBriefTask(this);
  }

  /** Whether the connection is free as soon as the last byte was read, and not only when its reader has noticed the end. */
  protected get freedByLastByte(): boolean {
    return true;
  }

  /** Whether a response that came without a byte is finished with that, and not only when its reader has noticed. */
  protected get freedByEmptyBody(): boolean {
    return true;
  }

  /** Every byte was read. Behind a decoder the response may have come in full when not a byte of it can be read yet. */
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
    // An unread stack holds the receiver of each of its frames: undici's request among them, and through it the stream.
    if (this.trace === null) return;
    try {
      framesOf(this.trace);
    } catch (error) {
      // The program's own Error.prepareStackTrace may throw.
      fault(error);
    }
  }

  /** Other clients' connections are theirs. Where there is none any more, the collection of its memory was all that was missing. */
  reclaim(): void {
    if (this.complete) this.finish();
  }

  turnedSuspect(): void {
    this.foreignOrigin.sampling.suspicious = true;
  }

  // ---- as the holder record and the task, when somebody looks

  /** What the program reads from, as long as it is there. */
  protected get target(): ObservedStream | null {
    return this.stream ?? this.weakStream?.deref() ?? null;
  }

  get bytesRead(): number {
    const { target } = this;
    // Once it was collected, what was read last is all that is known.
    if (this.abandoned || (target === null && this.weakStream !== null)) return this.progressSeen;
    if (target === null) return this.received;
    if (this.decoded) return this.begun ? this.received : 0;
    return Math.max(0, this.received - bufferedIn(target));
  }

  get contentLength(): number {
    if (this.status === 0) return -1;
    const length = fieldOf(this.fields, 'content-length');
    return length !== null && /^\d{1,15}$/.test(length) ? Number(length) : -1;
  }

  get lastReadAt(): number {
    this.noteProgress();
    return this.progressAt;
  }

  /** How far it was read is known only while there is a stream to ask. */
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
    return flowing === true || (this.waits && flowing !== false);
  }

  override get state(): TaskState {
    return this.status === 0 || this.awaited ? 'io wait' : 'select';
  }

  override get since(): number {
    return toEpoch(this.status === 0 ? this.openedAt : this.lastReadAt);
  }
}

/** Whether a stream is written to as well: it is a decoder of a compressed body then. */
export function isDecoder(stream: Readable): boolean {
  return typeof (stream as { readonly write?: unknown }).write === 'function';
}

function stateOf(stream: Readable): StreamState {
  return (stream as unknown as { readonly _readableState: StreamState })._readableState;
}

/** Bytes that wait in a stream for its reader. */
export function bufferedIn(stream: Readable): number {
  const { length, buffer, encoding } = stateOf(stream);
  // With an encoding set, the length counts characters.
  if (encoding === null || encoding === undefined || buffer === undefined) return length;
  let bytes = 0;
  for (const chunk of buffer) {
    if (typeof chunk === 'string') bytes += Buffer.byteLength(chunk, encoding);
    else if (chunk !== null) bytes += chunk.byteLength;
  }
  return bytes;
}

/** A header field's value from what clients keep them in: name, value, name, value … as strings or bytes, or an object. */
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
