/**
 * Owns one request and its response on a connection: what the read loop does
 * with the bytes that come, and who is told. It is the holder record of the
 * unfinished response, and the source of its body.
 *
 * It must not refer to the Response or the Body except while somebody awaits a
 * read: only so can the watch see that nobody holds them any more.
 */
import { now, unwatch, watch, type HolderClient, type Trace, type Watched } from '../tasks/index.js';
import { Headers, isPersistent, type HeadScanner, type InterimSink, type ResponseReader } from '../wire/index.js';
import type { BodySource, BodyState } from './body-source.js';
import { ChunkQueue } from './chunk-queue.js';
import { Deadline } from './deadline.js';
import { drain } from './drain.js';
import { BodyError, connectionLost, TimeoutError } from './error.js';
import type { ExchangeOwner, ExchangeSettings } from './exchange-settings.js';
import { Gunzip } from './gunzip.js';
import type { PersistConn } from './persist-conn.js';
import { KEEP_WHOLE, READ_SIZE } from './read-buffer.js';
import type { Request } from './request.js';
import { Response, type ResponseParts, type TlsState } from './response.js';
import { checkMove, EXCHANGE_MOVES, type ExchangeState } from './states.js';

/** Somebody awaits bytes. */
interface Reader {
  readonly max: number;
  readonly handle: object;
  /** Takes what it asked for, or null at EOF. */
  readonly give: (bytes: Uint8Array | null) => void;
  readonly reject: (error: unknown) => void;
}

export class Exchange implements BodySource, ResponseParts, InterimSink, Watched {
  // Holder record
  readonly client: HolderClient = 'watertight';
  status = 0;
  bytesRead = 0;
  contentLength = -1;
  openedAt: number;
  lastReadAt: number;
  abandoned = false;
  lingering = false;
  handle: object | null = null;
  nextFresh: Watched | null = null;

  // The response's head
  minor = 1;
  head = '';
  fieldsAt = 0;
  trailers = '';
  tls: TlsState | null = null;

  /** Why it failed; what a read then rejects with. */
  error: unknown = null;
  /** The request's body is on its way, or there is none. */
  bodyWritten = true;
  /** Not a byte of the request can have reached the server. */
  nothingWritten = true;

  private phase: ExchangeState = 'new';
  private conn: PersistConn | null = null;
  /** As long as the exchange is on a connection. */
  private incoming: ResponseReader | null = null;
  private persistent = false;
  private gzip = false;
  /** Bytes of the last read: large ones announce more of the kind. */
  private lastPiece = 0;
  private readonly queue = new ChunkQueue();
  private reader: Reader | null = null;
  private deadline: Deadline | null = null;

  constructor(
    readonly request: Request,
    readonly trace: Trace | null,
    /** 0 off, 1 adaptive, 2 all. */
    private readonly tracked: number,
    /** We offered gzip, so we undo it. */
    readonly offeredGzip: boolean,
    private readonly settings: ExchangeSettings,
    private readonly owner: ExchangeOwner,
  ) {
    this.openedAt = this.lastReadAt = 0;
  }

  get method(): string {
    return this.request.method;
  }

  get url(): string {
    return this.request.shownUrl;
  }

  get origin(): string {
    return this.request.target.origin.href;
  }

  get awaited(): boolean {
    return this.reader !== null;
  }

  get finished(): boolean {
    return this.phase === 'eof' || this.phase === 'closed' || this.phase === 'failed';
  }

  /** Bytes came in answer to it: it can't be sent again unnoticed. */
  get answered(): boolean {
    return this.headStarted;
  }
  private headStarted = false;

  get state(): BodyState {
    switch (this.phase) {
      case 'eof':
        return 'eof';
      case 'closed':
        return 'closed';
      case 'failed':
        return 'errored';
      default:
        return this.bytesRead === 0 ? 'unread' : 'reading';
    }
  }

  // ---- from the connection

  /** The connection takes it up. */
  begin(conn: PersistConn): void {
    this.phase = checkMove(EXCHANGE_MOVES, this.phase, 'sent');
    this.conn = conn;
    this.incoming = this.settings.readers.take();
    if (this.tracked > 0) this.openedAt = this.lastReadAt = now();
  }

  /** The whole request is with the socket: the time for the headers starts, as in Go. */
  requestSent(): void {
    const { responseHeaderTimeout } = this.settings;
    if (responseHeaderTimeout > 0 && this.phase === 'sent') {
      this.setDeadline(responseHeaderTimeout, () => this.fail(new TimeoutError(`no response headers from ${this.url} within ${responseHeaderTimeout} ms of sending the request (responseHeaderTimeout)`, 'waiting for headers')));
    }
  }

  /** Takes `bytes[start, end)`; those behind the end of the message make the connection unfit for another. */
  receive(bytes: Buffer, start: number, end: number): void {
    if (this.phase === 'sent') this.receiveFirst(bytes, start, end);
    else if (this.receiveBody(bytes, start, end) && this.reader !== null) this.wake();
  }

  /** No more bytes will come; `error` is null after an orderly end. */
  connectionLost(error: Error | null): void {
    if (this.phase === 'body') {
      // A body that is here in full can still be read, and pins what is left of the connection until it is.
      const incoming = this.incoming!;
      if (incoming.complete) return;
      if (error === null && incoming.end()) {
        if (this.reader !== null) this.wake();
        return;
      }
      const got = this.bytesRead + this.queue.bytes;
      const of = this.contentLength >= 0 ? `${got} of ${this.contentLength} bytes` : `${got} bytes, without its end,`;
      this.fail(connectionLost(error, `after ${of} of the body of ${this.method} ${this.url}`));
    } else {
      this.fail(connectionLost(error, `${this.headStarted ? 'inside' : 'before'} the response head to ${this.method} ${this.url}`));
    }
  }

  /** Bytes that wait for the reader. */
  get buffered(): number {
    return this.incoming!.complete ? 0 : this.queue.bytes;
  }

  /** So much more is to come that the connection should read into buffers it can give away. */
  get streaming(): boolean {
    if (this.phase !== 'body') return false;
    const { framing, remaining } = this.incoming!;
    return framing === 'length' ? remaining >= READ_SIZE / 2 : this.lastPiece >= KEEP_WHOLE;
  }

  /** Whether a piece of the buffer just read was kept. */
  tookBuffer(): boolean {
    return this.queue.tookBuffer();
  }

  // ---- from the program

  take(max: number): Uint8Array | null | undefined {
    if (this.reader !== null) throw new BodyError('ERR_BODY_READING', 'another read of this body is under way; await it first');
    const { queue } = this;
    if (queue.bytes > 0) {
      const bytes = queue.shift(max);
      this.bytesRead += bytes.length;
      if (this.phase === 'body') {
        if (queue.bytes === 0 && this.incoming!.complete) this.finish('eof');
        else this.progress();
      }
      return bytes;
    }
    switch (this.phase) {
      case 'eof':
        return null;
      case 'closed':
        throw new BodyError('ERR_BODY_CLOSED', `the body of ${this.method} ${this.url} was closed; read it before close()`);
      case 'failed':
        throw this.error;
      default:
        if (!this.incoming!.complete) return undefined;
        this.finish('eof');
        return null;
    }
  }

  wait<T>(max: number, handle: object, as: (bytes: Uint8Array | null) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.reader = { max, handle, give: (bytes) => resolve(as(bytes)), reject };
      const conn = this.conn!;
      conn.readLoop.setState('io wait', this.lastReadAt);
      conn.ref();
      conn.resume();
      this.startIdleTimer();
    });
  }

  close(): Promise<void> {
    if (this.phase !== 'body') return Promise.resolve();
    const { drainOnClose } = this.settings;
    if (drainOnClose > 0 && this.reader === null && this.persistent && this.bodyWritten) {
      const left = this.incoming!.remaining + this.queue.bytes;
      if (left <= drainOnClose) return this.drain(drainOnClose);
    }
    this.shut();
    return Promise.resolve();
  }

  drain(limit: number): Promise<void> {
    return drain(this, limit);
  }

  /** Closes what is left of the body, without a drain. */
  shut(): void {
    if (this.phase === 'body') this.end('closed', null);
  }

  /** Ends it at once, whatever it is doing; everything that awaits it rejects with `reason`. */
  cancel(reason: unknown): void {
    this.queue.clear();
    this.end('failed', reason);
  }

  // ---- from the watch

  reclaim(): void {
    this.cancel(new BodyError('ERR_BODY_CLOSED', 'the response was garbage-collected before its body was finished'));
  }

  turnedSuspect(): void {
    this.settings.suspectFound(this);
  }

  // ---- inside

  private receiveFirst(bytes: Buffer, start: number, end: number): void {
    let bodyAt: number;
    try {
      if (!this.headStarted) {
        this.headStarted = true;
        this.request.trace?.gotFirstResponseByte?.();
      }
      // A hook may have cancelled the request.
      if (this.incoming === null) return;
      bodyAt = this.incoming.readHead(this.request.method, bytes, start, end, this);
      if (bodyAt === -1) return;
      this.takeHead(this.incoming.scanner);
    } catch (error) {
      this.fail(error as Error);
      return;
    }
    if (this.incoming.complete) {
      if (bodyAt < end) this.conn!.excess = true;
      this.finish('eof');
    } else {
      this.phase = checkMove(EXCHANGE_MOVES, this.phase, 'body');
      // A fault in what came with a sound head ends the body, not the response.
      if (bodyAt < end) this.receiveBody(bytes, bodyAt, end);
    }
    this.responseReady();
  }

  /** A 1xx response came before the final one. */
  interim({ status, text, fieldsAt }: HeadScanner): void {
    this.request.trace?.got1xxResponse?.(status, Headers.parsed(text, fieldsAt));
    if (status === 100) this.conn?.continueBody();
    // The hook, or a body that can't be opened, may have ended it: what it read with serves another by now.
    if (this.finished) throw this.error;
  }

  private takeHead(scanner: HeadScanner): void {
    const { request } = this;
    const bodiless = this.incoming!.framing === 'none';
    if (this.deadline !== null) this.clearDeadline();
    this.status = scanner.status;
    this.minor = scanner.minor;
    this.tls = this.conn!.tls;
    this.head = scanner.text;
    this.fieldsAt = scanner.fieldsAt;
    // Go: a HEAD response has the length it would have had, a 204 or 304 has none to have.
    this.contentLength = bodiless && request.method !== 'HEAD' ? 0 : scanner.contentLength;
    this.persistent = isPersistent(scanner) && !request.close && !this.settings.disableKeepAlives;
    this.openedAt = this.lastReadAt = now();
    this.gzip = !bodiless && this.offeredGzip && scanner.gzip;
    if (!this.bodyWritten) this.conn!.answeredEarly(scanner.status);
  }

  /** False if the body failed. */
  private receiveBody(bytes: Buffer, start: number, end: number): boolean {
    const incoming = this.incoming!;
    try {
      const used = incoming.readBody(bytes, start, end, this.queue);
      if (used < end) this.conn!.excess = true;
    } catch (error) {
      this.fail(error as Error);
      return false;
    }
    this.lastPiece = end - start;
    this.trailers = incoming.trailers;
    return true;
  }

  /** Gives the response out. Everything that came with its head has been taken in by then. */
  private responseReady(): void {
    const { gzip } = this;
    const response = new Response(this, gzip ? new Gunzip(this, this.settings.maxDecompressedBytes) : this, gzip);
    if (this.phase === 'body') {
      const conn = this.conn!;
      conn.unref();
      conn.readLoop.setState('select', this.openedAt);
      if (this.tracked > 0) watch(this, response);
    }
    this.owner.onResponse(response);
  }

  private wake(): void {
    const reader = this.reader!;
    // Chunk framing without data, so far.
    if (this.queue.bytes === 0 && !this.incoming!.complete) {
      this.startIdleTimer();
      return;
    }
    this.releaseReader();
    try {
      reader.give(this.take(reader.max) as Uint8Array | null);
    } catch (error) {
      reader.reject(error);
    }
  }

  private releaseReader(): void {
    this.reader = null;
    if (this.deadline !== null) this.clearDeadline();
    const conn = this.conn!;
    conn.unref();
    conn.readLoop.setState('select', this.lastReadAt);
  }

  private progress(): void {
    this.lastReadAt = now();
    if (this.queue.bytes === 0) this.conn!.resume();
  }

  private startIdleTimer(): void {
    const { bodyIdleTimeout } = this.settings;
    if (bodyIdleTimeout > 0) {
      this.setDeadline(bodyIdleTimeout, () => this.fail(new TimeoutError(`no byte of the body of ${this.method} ${this.url} came for ${bodyIdleTimeout} ms (bodyIdleTimeout)`, 'reading the body')));
    }
  }

  private fail(error: Error): void {
    this.end('failed', error);
  }

  private end(to: 'closed' | 'failed', error: unknown): void {
    if (this.finished) return;
    const unanswered = this.phase !== 'body';
    const { reader } = this;
    this.reader = null;
    this.error = error;
    if (to === 'closed') this.queue.clear();
    this.finish(to);
    if (unanswered) this.owner.onFailure(this, error as Error);
    // What came before the fault is read before the fault is.
    else if (reader !== null && this.queue.bytes > 0) reader.give(this.take(reader.max) as Uint8Array);
    else if (reader !== null) reader.reject(error ?? new BodyError('ERR_BODY_CLOSED', `the body of ${this.method} ${this.url} was closed during the read`));
  }

  private finish(to: 'eof' | 'closed' | 'failed'): void {
    this.phase = checkMove(EXCHANGE_MOVES, this.phase, to);
    if (this.deadline !== null) this.clearDeadline();
    this.handle = null;
    if (this.lingering) unwatch(this);
    // An attempt that got no response may be followed by another: its owner is told of the failure instead.
    if (this.status !== 0) this.owner.onFinished();
    if (this.incoming !== null) this.settings.readers.putBack(this.incoming);
    this.incoming = null;
    const { conn } = this;
    // A response that the program keeps must not keep the connection's objects.
    this.conn = null;
    if (conn !== null) conn.exchangeEnded(to === 'eof' && this.persistent && this.bodyWritten);
  }

  private setDeadline(ms: number, expire: () => void): void {
    this.clearDeadline();
    this.deadline = new Deadline(ms, expire);
  }

  private clearDeadline(): void {
    this.deadline?.clear();
    this.deadline = null;
  }
}
