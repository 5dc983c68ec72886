/** Owns the course of one request and its response on a connection of HTTP/1.1: what is done with the bytes that come. */
import type { Duplex } from 'node:stream';
import { addTaskless, now, removeTaskless } from '../tasks/index.js';
import { isPersistent, type HeadScanner, type InterimSink, type ResponseReader } from '../wire/index.js';
import type { Coding } from '../coding/index.js';
import type { Body } from './body.js';
import type { Carrier } from './carrier.js';
import { connectionLost } from './error.js';
import { ExchangeCourse } from './exchange-course.js';
import { checkSwitch } from './protocol-switch.js';
import { HIGH_WATER, KEEP_WHOLE, LARGE, READ_SIZE } from './read-buffer.js';
import { undoneCodings } from './response-codings.js';
import { Tunnel, type TunnelOwner } from './tunnel.js';
import { TurnBuffers } from './turn-buffers.js';
import { callHook } from './user-call.js';

/** One exchange of HTTP/1.1. The connection calls it as bytes come, its body as the program reads. */
export class Exchange extends ExchangeCourse implements InterimSink, TunnelOwner {
  /** As long as the exchange is on a connection. */
  private reader: ResponseReader | null = null;
  /** Bytes of the last read: large ones announce more of the kind. */
  private lastPiece = 0;
  /** Once it carries no HTTP any more. */
  private below: Duplex | null = null;
  /** The connection of a tunnel that the program uses: it ends with both of its sides, not with the body. */
  private tunnelConn: Carrier | null = null;

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
    this.beginOn(conn);
    this.reader = this.settings.readers.take();
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
    this.fail(connectionLost(error, `after ${this.progress()} of the body of ${this.method} ${this.url}`));
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

  // ---- from the body

  get complete(): boolean {
    return this.reader!.complete;
  }

  override closeBody(): Promise<void> {
    if (this.phase !== 'body') return Promise.resolve();
    const { drainOnClose } = this.settings;
    if (drainOnClose > 0 && !this.body.awaited && this.persistent && this.bodyWritten) {
      const left = this.reader!.remaining + this.body.bytes;
      if (left <= drainOnClose) return this.body.drain(drainOnClose);
    }
    return super.closeBody();
  }

  // ---- from the tunnel

  override openSocket(body: Body): Duplex | null {
    return this.below === null ? null : new Tunnel(this, this.below, body);
  }

  tunnelUsed(): void {
    this.tunnelConn = this.conn;
    removeTaskless(this);
  }

  tunnelEnded(): void {
    const conn = this.tunnelConn;
    this.tunnelConn = null;
    if (this.phase === 'body') this.shutBody();
    else conn?.exchangeEnded(false);
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

  private takeHead({ scanner, framing }: ResponseReader): void {
    const { request } = this;
    if (framing === 'tunnel') checkSwitch(scanner, request.upgrade, this.bodyWritten);
    if (!this.bodyWritten) {
      this.conn!.answeredEarly(scanner.status);
      // The source of the request's body was stopped, and may have cancelled the request.
      if (this.finished) throw this.error;
    }
    this.clearDeadline();
    this.status = scanner.status;
    this.proto = scanner.minor === 1 ? 'HTTP/1.1' : 'HTTP/1.0';
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
    if (scanner.status === 101) addTaskless(this);
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

  // ---- the end

  protected leave(to: 'eof' | 'closed' | 'failed'): Carrier | null {
    if (this.below !== null) removeTaskless(this);
    if (this.reader !== null) this.settings.readers.putBack(this.reader);
    this.reader = null;
    // It ends with both sides of the tunnel.
    if (to === 'eof' && this.tunnelConn !== null) return null;
    this.tunnelConn = null;
    return this.conn;
  }
}
