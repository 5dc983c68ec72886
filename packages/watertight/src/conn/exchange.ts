/** Owns the course of one request and its response on a connection: what is done with the bytes that come, who is told, and how it ends. */
import type { Duplex } from 'node:stream';
import { addHandedOver, now, removeHandedOver, unwatch, watch, type Trace } from '../tasks/index.js';
import { Headers, isPersistent, type HeadScanner, type InterimSink, type ResponseReader } from '../wire/index.js';
import type { Coding } from '../coding/index.js';
import type { Body } from './body.js';
import type { BodySource } from './body-source.js';
import type { Carrier } from './carrier.js';
import { Deadline } from './deadline.js';
import { DecodedBody } from './decoded-body.js';
import { BodyError, connectionLost, TimeoutError } from './error.js';
import { ExchangeRecord } from './exchange-record.js';
import type { ExchangeOwner, ExchangeSettings } from './exchange-settings.js';
import { IncomingBody, type BodyOwner } from './incoming-body.js';
import { MeteredBody } from './metered-body.js';
import { checkSwitch } from './protocol-switch.js';
import { HIGH_WATER, KEEP_WHOLE, LARGE, READ_SIZE } from './read-buffer.js';
import type { Request } from './request.js';
import { Response } from './response.js';
import { undoneCodings } from './response-codings.js';
import { StallLimit } from './stall-limit.js';
import { Tunnel, type TunnelOwner } from './tunnel.js';
import { TurnBuffers } from './turn-buffers.js';
import { callHook } from './user-call.js';
import type { Sending } from './write-loop.js';

/**
 * One exchange. The connection calls it as bytes come, its body as the program
 * reads; whatever happens, it ends in `finish`, once.
 */
export class Exchange extends ExchangeRecord implements BodyOwner, InterimSink, Sending, TunnelOwner {
  private conn: Carrier | null = null;
  /** As long as the exchange is on a connection. */
  private reader: ResponseReader | null = null;
  private persistent = false;
  /** Bytes of the last read: large ones announce more of the kind. */
  private lastPiece = 0;
  private readonly body = new IncomingBody(this);
  /** On the time for the head. */
  private deadline: Deadline | null = null;
  /** On the time in which nothing of the body comes. */
  private stall: StallLimit | null = null;
  /** Once it carries no HTTP any more. */
  private below: Duplex | null = null;
  /** The connection of a tunnel that the program uses: it ends with both of its sides, not with the body. */
  private tunnelConn: Carrier | null = null;

  constructor(
    request: Request,
    trace: Trace | null,
    /** 0 off, 1 adaptive, 2 all. */
    private readonly tracked: number,
    /** We offered the transport's content codings, so we undo them. */
    readonly offered: boolean,
    private readonly settings: ExchangeSettings,
    private readonly owner: ExchangeOwner,
  ) {
    super(request, trace);
  }

  get bytesRead(): number {
    return this.body.bytesRead;
  }

  get awaited(): boolean {
    return this.body.awaited;
  }

  get upgrades(): boolean {
    return this.request.upgrade !== null;
  }

  /** Its connection carries no HTTP any more, and is the program's. */
  get handedOver(): boolean {
    return this.below !== null;
  }

  // ---- from the connection

  /** The connection takes it up. */
  begin(conn: Carrier): void {
    this.moveTo('sent');
    this.conn = conn;
    this.reader = this.settings.readers.take();
    if (this.tracked > 0) this.openedAt = this.lastReadAt = now();
  }

  /** The whole request has left for the kernel: the time for the headers starts, as in Go. */
  requestSent(): void {
    const { responseHeaderTimeout } = this.settings;
    if (responseHeaderTimeout > 0 && this.phase === 'sent') {
      this.deadline = new Deadline(responseHeaderTimeout, () => this.fail(new TimeoutError(`no response headers from ${this.url} within ${responseHeaderTimeout} ms of sending the request (responseHeaderTimeout)`, 'waiting for headers')));
    }
  }

  /** Takes `bytes[start, end)`; those behind the end of the message make the connection unfit for another. */
  receive(bytes: Buffer, start: number, end: number): void {
    if (this.phase === 'sent') this.receiveHead(bytes, start, end);
    else {
      this.body.turns?.came(this.body.bytes);
      this.stall?.moved();
      if (!this.receiveBody(bytes, start, end)) return;
      if (this.reader!.complete) this.allArrived();
      if (this.body.awaited) this.answerRead();
    }
  }

  /** No more bytes will come; `error` is null after an orderly end. */
  connectionLost(error: Error | null): void {
    if (this.phase !== 'body') {
      this.fail(connectionLost(error, `${this.answered ? 'inside' : 'before'} the response head to ${this.method} ${this.url}`));
      return;
    }
    // A body that is here in full can still be read, and pins what is left of the connection until it is.
    const reader = this.reader!;
    if (reader.complete) return;
    if (error === null && reader.end()) {
      this.stall?.clear();
      if (this.body.awaited) this.answerRead();
      return;
    }
    const got = this.bytesRead + this.body.bytes;
    const of = this.contentLength >= 0 ? `${got} of ${this.contentLength} bytes` : `${got} bytes, without its end,`;
    this.fail(connectionLost(error, `after ${of} of the body of ${this.method} ${this.url}`));
  }

  /** So much waits to be read that the connection should take in no more for now. */
  get full(): boolean {
    const { bytes, turns } = this.body;
    if (this.reader!.complete || bytes === 0) return false;
    return turns !== null && this.filling ? turns.full : bytes >= HIGH_WATER;
  }

  /** The program reads a large body into its own memory. */
  private get filling(): boolean {
    return this.phase === 'body' && this.body.piecewise && this.reader!.framing === 'length' && this.reader!.remaining >= LARGE;
  }

  /** What the connection reads into next where it is neither the shared buffer nor one to give away; null if it is. */
  turnBuffer(): Buffer | null {
    if (!this.filling) return null;
    return (this.body.turns ??= new TurnBuffers()).room(this.body.bytes);
  }

  /** So much more is to come that the connection should read into buffers that it can give away. */
  get streaming(): boolean {
    if (this.phase !== 'body' || !this.body.slabs) return false;
    const { framing, remaining } = this.reader!;
    return framing === 'length' ? remaining >= READ_SIZE / 2 : this.lastPiece >= KEEP_WHOLE;
  }

  /** Whether a piece of the buffer just read was kept. */
  tookBuffer(): boolean {
    return this.body.tookBuffer();
  }

  /** Ends it at once, whatever it is doing; everything that awaits it rejects with `reason`. */
  cancel(reason: unknown): void {
    this.body.clear();
    this.end('failed', reason);
  }

  // ---- from the body

  get complete(): boolean {
    return this.reader!.complete;
  }

  bytesTaken(left: number): void {
    if (this.phase !== 'body') return;
    if (left === 0 && this.reader!.complete) {
      this.finish('eof');
      return;
    }
    this.lastReadAt = now();
    if (left > 0) return;
    this.goesOn();
    this.conn!.resume();
  }

  endReached(): void {
    this.finish('eof');
  }

  readStarted(): void {
    this.goesOn();
    this.conn!.readStarted(this.lastReadAt);
  }

  closeBody(): Promise<void> {
    if (this.phase !== 'body') return Promise.resolve();
    const { drainOnClose } = this.settings;
    if (drainOnClose > 0 && !this.body.awaited && this.persistent && this.bodyWritten) {
      const left = this.reader!.remaining + this.body.bytes;
      if (left <= drainOnClose) return this.body.drain(drainOnClose);
    }
    this.shutBody();
    return Promise.resolve();
  }

  shutBody(): void {
    if (this.phase === 'body') this.end('closed', null);
  }

  // ---- from the tunnel

  override openSocket(body: Body): Duplex | null {
    return this.below === null ? null : new Tunnel(this, this.below, body);
  }

  tunnelUsed(): void {
    this.tunnelConn = this.conn;
    removeHandedOver(this);
  }

  tunnelEnded(): void {
    const conn = this.tunnelConn;
    this.tunnelConn = null;
    if (this.phase === 'body') this.shutBody();
    else conn?.exchangeEnded(false);
  }

  // ---- from the watch

  reclaim(): void {
    this.cancel(new BodyError('ERR_BODY_CLOSED', 'the response was garbage-collected before its body was finished'));
  }

  turnedSuspect(): void {
    this.settings.suspectFound(this.origin);
  }

  // ---- the head

  private receiveHead(bytes: Buffer, start: number, end: number): void {
    let bodyAt: number;
    let codings: readonly Coding[];
    try {
      if (!this.answered) {
        this.answered = true;
        if (this.request.trace !== null) callHook(this, 'gotFirstResponseByte');
      }
      // A hook may have cancelled the request.
      if (this.reader === null) return;
      bodyAt = this.reader.readHead(this.request.method, bytes, start, end, this);
      if (bodyAt === -1) return;
      codings = undoneCodings(this.reader, this.offered ? this.settings.acceptEncodings : null, this.request.decoding);
      this.takeHead(this.reader);
    } catch (error) {
      this.fail(error as Error);
      return;
    }
    if (this.reader.complete) {
      if (bodyAt < end) this.conn!.foundExcess();
      this.finish('eof');
    } else {
      this.moveTo('body');
      // A fault in what came with a sound head ends the body, not the response.
      if (bodyAt < end) this.receiveBody(bytes, bodyAt, end);
    }
    this.responseReady(codings);
  }

  /** A 1xx response came before the final one. */
  interim({ status, text, fieldsAt }: HeadScanner): void {
    if (this.request.trace !== null) this.tellInterim(status, text, fieldsAt);
    if (status === 100) this.conn?.continueBody();
    // The hook, or a body that can't be opened, may have ended it: what it read with serves another by now.
    if (this.finished) throw this.error;
  }

  private tellInterim(status: number, text: string, fieldsAt: number): void {
    if (status === 100 && this.conn?.awaitsContinue === true) callHook(this, 'got100Continue');
    if (!this.finished) callHook(this, 'got1xxResponse', status, Headers.parsed(text, fieldsAt));
  }

  private takeHead({ scanner, framing }: ResponseReader): void {
    const { request } = this;
    if (framing === 'tunnel') checkSwitch(scanner, request.upgrade, this.bodyWritten);
    if (!this.bodyWritten) {
      this.conn!.answeredEarly(scanner.status);
      // The source of the request's body was stopped, and may have cancelled the request.
      if (this.finished) throw this.error;
    }
    this.deadline?.clear();
    this.status = scanner.status;
    this.minor = scanner.minor;
    const conn = this.conn!;
    this.tls = conn.tls;
    conn.keepAliveTimeout = scanner.keepAliveTimeout;
    this.head = scanner.text;
    this.fieldsAt = scanner.fieldsAt;
    // Go: a HEAD response has the length it would have had, a 204 or 304 has none to have.
    this.contentLength = framing === 'none' && request.method !== 'HEAD' ? 0 : framing === 'tunnel' ? -1 : scanner.contentLength;
    this.persistent = framing !== 'tunnel' && isPersistent(scanner) && !request.close && !this.settings.disableKeepAlives;
    this.openedAt = this.lastReadAt = this.arrivedAt = now();
    if (framing !== 'tunnel') return;
    this.below = conn.handOver(scanner.status === 101);
    if (scanner.status === 101) addHandedOver(this);
  }

  /** Gives the response out. Everything that came with its head has been taken in by then. */
  private responseReady(codings: readonly Coding[]): void {
    const response = new Response(this, this.bodySource(codings), this.offered && codings.length > 0);
    if (this.phase === 'body') {
      const { bodyIdleTimeout } = this.settings;
      if (bodyIdleTimeout > 0 && !this.reader!.complete && this.below === null) {
        this.stall = new StallLimit(bodyIdleTimeout, () => this.conn!.paused, () => this.stalled(bodyIdleTimeout));
      }
      this.conn!.readEnded(this.openedAt);
      if (this.tracked > 0) watch(this, response);
    }
    this.owner.onResponse(response);
  }

  /** What the response's body is read from. */
  private bodySource(codings: readonly Coding[]): BodySource {
    const { onDownloadProgress } = this.request;
    let source: BodySource = this.body;
    if (onDownloadProgress !== null) source = new MeteredBody(source, this.contentLength >= 0 ? this.contentLength : null, onDownloadProgress);
    for (const { name, make } of codings) source = new DecodedBody(source, name, make, this.settings.maxDecompressedBytes, !this.offered);
    return source;
  }

  // ---- the body

  /** False if the body failed. */
  private receiveBody(bytes: Buffer, start: number, end: number): boolean {
    const reader = this.reader!;
    try {
      const used = reader.readBody(bytes, start, end, this.body);
      if (used < end) this.conn!.foundExcess();
    } catch (error) {
      this.fail(error as Error);
      return false;
    }
    this.lastPiece = end - start;
    this.trailers = reader.trailers;
    return true;
  }

  /** Bytes have come, or the end has, for the read that waits. */
  private answerRead(): void {
    // Chunk framing without data, so far.
    if (!this.body.ready && !this.reader!.complete) return;
    const read = this.body.takePending()!;
    this.conn!.readEnded(this.lastReadAt);
    this.body.answer(read);
  }

  // ---- limits on time

  private stalled(ms: number): void {
    this.fail(new TimeoutError(`the server sent no byte of the body of ${this.method} ${this.url} for ${ms} ms (bodyIdleTimeout)`, 'reading the body'));
  }

  /** The connection will be read again, if it was not. */
  private goesOn(): void {
    if (this.stall !== null && this.conn!.paused) this.stall.moved();
  }

  /** The last byte of the body has come. */
  private allArrived(): void {
    this.arrivedAt = now();
    this.stall?.clear();
  }

  // ---- the end

  private fail(error: Error): void {
    this.end('failed', error);
  }

  /** Ends it before EOF. `error`: null if it was closed. */
  private end(to: 'closed' | 'failed', error: unknown): void {
    if (this.finished) return;
    const unanswered = this.phase !== 'body';
    const read = this.body.takePending();
    this.error = error;
    if (to === 'closed') this.body.clear();
    this.finish(to);
    if (unanswered) this.owner.onFailure(this, error as Error);
    else if (read !== null) this.body.refuse(read, error);
  }

  /** The one way out: lets go of everything, and gives the connection back. */
  private finish(to: 'eof' | 'closed' | 'failed'): void {
    this.moveTo(to);
    this.deadline?.clear();
    this.stall?.clear();
    if (this.below !== null) removeHandedOver(this);
    this.handle = null;
    if (this.lingering) unwatch(this);
    // An attempt that got no response may be followed by another: its owner is told of the failure instead.
    if (this.status !== 0) this.owner.onFinished();
    if (this.reader !== null) this.settings.readers.putBack(this.reader);
    this.reader = null;
    const { conn } = this;
    // A response that the program keeps must not keep the connection's objects.
    this.conn = null;
    if (to === 'eof' && this.tunnelConn !== null) return;
    this.tunnelConn = null;
    if (conn !== null) conn.exchangeEnded(to === 'eof' && this.persistent && this.bodyWritten);
  }
}
