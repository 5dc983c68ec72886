/**
 * Owns one request and its response on a connection: what the read loop does
 * with the bytes that come, and who is told. It is the holder record of the
 * unfinished response, and the source of its body.
 *
 * It must not refer to the Response or the Body except while somebody awaits a
 * read: only so can the watch see that nobody holds them any more.
 */
import { now, unwatch, watch, type HolderClient, type Task, type Trace, type Watched } from '../tasks/index.js';
import { ChunkedDecoder, framingOf, Headers, isPersistent, ProtocolError, type Framing, type HeadScanner, type WireLimits } from '../wire/index.js';
import { asBytes, type BodySource, type BodyState } from './body-source.js';
import { ChunkQueue } from './chunk-queue.js';
import { Deadline } from './deadline.js';
import { BodyError, ConnectionError, TimeoutError } from './error.js';
import { Gunzip } from './gunzip.js';
import type { PersistConn } from './persist-conn.js';
import { KEEP_WHOLE, READ_SIZE } from './read-buffer.js';
import type { Request } from './request.js';
import { Response, type ResponseParts, type TlsState } from './response.js';
import { checkMove, EXCHANGE_MOVES, type ExchangeState } from './states.js';

/** What of a transport's options an exchange goes by. Milliseconds and bytes; 0 is no limit for times. */
export interface ExchangeSettings {
  readonly limits: WireLimits;
  readonly responseHeaderTimeout: number;
  readonly expectContinueTimeout: number;
  readonly bodyIdleTimeout: number;
  readonly maxDecompressedBytes: number;
  readonly drainOnClose: number;
  readonly disableKeepAlives: boolean;
  /** An origin's response made no progress for long: from now on record who opens them. */
  readonly suspectFound: (exchange: Exchange) => void;
}

/** Whom an exchange reports to: the round trip it serves. */
export interface ExchangeOwner {
  /** The final response is here; its body may or may not be. */
  onResponse(response: Response): void;
  /** There will be no response. */
  onFailure(exchange: Exchange, error: Error): void;
  /** The exchange holds nothing any more. */
  onFinished(): void;
}

/** Somebody awaits bytes. */
interface Reader {
  readonly max: number;
  readonly handle: object;
  /** Takes what it asked for, or null at EOF. */
  readonly give: (bytes: Uint8Array | null) => void;
  readonly reject: (error: unknown) => void;
}

/** How long a drain may wait for the rest of a body, ms. */
const DRAIN_TIME = 500;

export class Exchange implements BodySource, ResponseParts, Watched {
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

  /** Why it failed; what a read then rejects with. */
  error: unknown = null;
  /** The request's body is on its way, or there is none. */
  bodyWritten = true;
  /** Not a byte of the request can have reached the server. */
  nothingWritten = true;

  private phase: ExchangeState = 'new';
  private conn: PersistConn | null = null;
  private framing: Framing = 'none';
  private decoder: ChunkedDecoder | null = null;
  private remaining = 0;
  /** The message is complete on this side of the socket. */
  private arrived = false;
  private persistent = false;
  private gzip = false;
  /** Bytes of the last read: large ones announce more of the kind. */
  private lastPiece = 0;
  private interims = 0;
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
    return this.status !== 0 || this.interims > 0 || this.headStarted;
  }
  private headStarted = false;

  get tls(): TlsState | null {
    return this.conn === null ? null : this.conn.tls;
  }

  /** The read loop that the response pins. */
  get task(): Task | null {
    return this.conn === null ? null : this.conn.readLoop;
  }

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
      if (this.arrived) return;
      if (this.framing === 'close' && error === null) {
        this.arrived = true;
        if (this.reader !== null) this.wake();
        return;
      }
      const got = this.bytesRead + this.queue.bytes;
      const of = this.contentLength >= 0 ? `${got} of ${this.contentLength} bytes` : `${got} bytes, without its end,`;
      this.fail(lost(error, `after ${of} of the body of ${this.method} ${this.url}`));
    } else {
      this.fail(lost(error, `${this.headStarted ? 'inside' : 'before'} the response head to ${this.method} ${this.url}`));
    }
  }

  /** Bytes that wait for the reader. */
  get buffered(): number {
    return this.arrived ? 0 : this.queue.bytes;
  }

  /** So much more is to come that the connection should read into buffers it can give away. */
  get streaming(): boolean {
    return this.phase === 'body' && (this.framing === 'length' ? this.remaining >= READ_SIZE / 2 : this.lastPiece >= KEEP_WHOLE);
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
        if (this.arrived && queue.bytes === 0) this.finish('eof');
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
        if (!this.arrived) return undefined;
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
      const left = this.framing === 'length' ? this.remaining + this.queue.bytes : 0;
      if (left <= drainOnClose) return this.drain(drainOnClose);
    }
    this.end('closed', null);
    return Promise.resolve();
  }

  async drain(limit: number): Promise<void> {
    const deadline = new Deadline(DRAIN_TIME, () => this.end('closed', null));
    try {
      for (let drained = 0; drained < limit && !this.finished; ) {
        const bytes = this.take(limit - drained) ?? (this.finished ? null : await this.wait(limit - drained, this, asBytes));
        if (bytes === null) return;
        drained += bytes.length;
      }
    } catch {
      // The body is over, one way or another.
    } finally {
      deadline.clear();
      this.end('closed', null);
    }
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
      bodyAt = this.receiveHead(bytes, start, end);
    } catch (error) {
      this.fail(error as Error);
      return;
    }
    if (bodyAt === -1) return;
    if (this.framing === 'none') {
      if (bodyAt < end) this.conn!.excess = true;
      this.finish('eof');
    } else {
      this.phase = checkMove(EXCHANGE_MOVES, this.phase, 'body');
      // A fault in what came with a sound head ends the body, not the response.
      if (bodyAt < end) this.receiveBody(bytes, bodyAt, end);
    }
    this.responseReady();
  }

  private receiveHead(bytes: Buffer, start: number, end: number): number {
    const conn = this.conn!;
    const { scanner } = conn;
    if (!this.headStarted) {
      this.headStarted = true;
      this.request.trace?.gotFirstResponseByte?.();
    }
    let pos = scanner.feed(bytes, start, end);
    while (pos !== -1 && scanner.status < 200) {
      this.interim(scanner);
      if (pos === end) return -1;
      pos = scanner.feed(bytes, pos, end);
    }
    if (pos !== -1) this.takeHead(scanner);
    return pos;
  }

  private interim(scanner: HeadScanner): void {
    if (scanner.status === 101) throw new ProtocolError('ERR_UNEXPECTED_UPGRADE', `the server answered 101 to ${this.method} ${this.url}, which asked for no upgrade (RFC 9110 section 7.8)`);
    if (++this.interims > this.settings.limits.maxInterim) throw new ProtocolError('ERR_TOO_MANY_INTERIM', `the server sent more than ${this.settings.limits.maxInterim} informational (1xx) responses`);
    this.request.trace?.got1xxResponse?.(scanner.status, Headers.parsed(scanner.text, scanner.fieldsAt));
    if (scanner.status === 100) this.conn!.continueBody();
    scanner.resetInterim();
  }

  private takeHead(scanner: HeadScanner): void {
    const conn = this.conn!;
    const { request } = this;
    if (this.deadline !== null) this.clearDeadline();
    this.framing = framingOf(request.method, scanner);
    this.status = scanner.status;
    this.minor = scanner.minor;
    this.head = scanner.text;
    this.fieldsAt = scanner.fieldsAt;
    // Go: a HEAD response has the length it would have had, a 204 or 304 has none to have.
    this.contentLength = this.framing === 'none' && request.method !== 'HEAD' ? 0 : scanner.contentLength;
    this.persistent = isPersistent(scanner) && !request.close && !this.settings.disableKeepAlives;
    this.openedAt = this.lastReadAt = now();
    if (this.framing === 'chunked') this.decoder = new ChunkedDecoder(scanner);
    else if (this.framing === 'length') this.remaining = scanner.contentLength;
    this.gzip = this.framing !== 'none' && this.offeredGzip && scanner.gzip;
    if (!this.bodyWritten) conn.answeredEarly(scanner.status);
  }

  /** False if the body failed. */
  private receiveBody(bytes: Buffer, start: number, end: number): boolean {
    let used = end;
    if (this.framing === 'length') {
      const take = Math.min(this.remaining, end - start);
      this.remaining -= take;
      used = start + take;
      if (take > 0) this.queue.push(bytes, start, used);
      if (this.remaining === 0) this.arrived = true;
    } else if (this.framing === 'chunked') {
      try {
        used = this.queue.pushDecoded(this.decoder!, bytes, start, end);
      } catch (error) {
        this.fail(error as Error);
        return false;
      }
      if (this.decoder!.done) {
        this.arrived = true;
        this.trailers = this.decoder!.trailers;
      }
    } else this.queue.push(bytes, start, end);
    this.lastPiece = end - start;
    if (used < end) this.conn!.excess = true;
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
    if (this.queue.bytes === 0 && !this.arrived) return this.startIdleTimer();
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
    if (this.conn !== null) this.conn.exchangeEnded(to === 'eof' && this.persistent && this.bodyWritten);
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

function lost(error: Error | null, where: string): ConnectionError {
  return error === null
    ? new ConnectionError('ERR_CONNECTION_CLOSED', `the server closed the connection ${where}`)
    : new ConnectionError('ERR_CONNECTION_LOST', `the connection broke ${where}: ${error.message}`, { cause: error });
}
