/** Owns the course of one request and its response on a stream of HTTP/2: what is done with the fields and the bytes that come. */
import { addTaskless, now, removeTaskless } from '../tasks/index.js';
import { callHook, ExchangeCourse, undoneCodings, type Carrier } from '../conn/index.js';
import { ProtocolError, RequestError } from '../wire/index.js';
import type { StreamFailure } from './failure.js';
import { checkFields, fieldLines, readStreamHead, type RawFields, type StreamHead } from './response-head.js';
import { STREAM_WINDOW, type Http2Settings } from './http2-settings.js';

/** Bytes that wait to be read before the server gets no more room for further ones; it may send as many more as it had room for. */
const HIGH_WATER = STREAM_WINDOW / 2;

/** A piece at least so large is kept as Node gives it: a part of what was read from the socket. */
const KEEP_WHOLE = 16 << 10;

/** One exchange of HTTP/2. Its stream calls it as frames come, its body as the program reads. */
export class StreamExchange extends ExchangeCourse {
  /** Its connection had served a request before. */
  reused = false;
  /** It is known that the server has not processed the request. */
  refused = false;
  /** The server wants the request over HTTP/1.1. */
  wantsHttp1 = false;
  /** END_STREAM has come, and what came before it was taken in. */
  private ended = false;
  private interims = 0;
  private headBytes = 0;

  /** A stream takes it up. */
  begin(stream: Carrier, reused: boolean): void {
    this.proto = 'HTTP/2.0';
    this.reused = reused;
    this.beginOn(stream);
  }

  get complete(): boolean {
    return this.ended;
  }

  get handedOver(): boolean {
    return false;
  }

  // ---- from the stream

  /** The fields of a response came; one with a status below 200 is followed by another. */
  headCame(raw: RawFields, last: boolean): void {
    if (this.finished) return;
    try {
      this.firstByte();
      if (this.finished) return;
      this.headBytes = checkFields(raw, this.http2, this.headBytes);
      const head = readStreamHead(raw);
      if (head.status < 200) this.interim(head.status, head.text, head.fieldsAt, last);
      else this.finalHead(head, last);
    } catch (error) {
      this.fail(error as Error);
    }
  }

  /** A piece of the body came. True if the server may send more than it has room for now. */
  dataCame(bytes: Buffer): boolean {
    if (this.finished) return true;
    this.stall?.moved();
    const own = !this.body.slabs && bytes.length >= KEEP_WHOLE ? Buffer.from(bytes) : bytes;
    this.body.push(own, 0, own.length);
    if (this.phase !== 'body') return false;
    if (this.body.awaited) this.answerRead();
    return this.body.bytesRead > 0 && this.body.bytes < HIGH_WATER;
  }

  /** @throws ProtocolError for fields that can't be trailers. */
  trailersCame(raw: RawFields): void {
    checkFields(raw, this.http2);
    this.trailers = fieldLines(raw);
  }

  override bytesTaken(left: number): void {
    super.bytesTaken(left);
    if (this.phase === 'body' && left < HIGH_WATER) this.goOn();
  }

  /** The response is complete. */
  endCame(): void {
    this.ended = true;
    if (this.phase !== 'body') return;
    this.allArrived();
    if (this.body.awaited) this.answerRead();
    // Nothing is left to be read, so nothing is held.
    if (this.phase === 'body' && this.body.bytes === 0) this.finish('eof');
  }

  /** The stream is over before its end. */
  streamLost({ error, refused, wantsHttp1 = false }: StreamFailure): void {
    this.refused = refused;
    this.wantsHttp1 = wantsHttp1;
    this.fail(error);
  }

  /** For an error's text. */
  get where(): string {
    const { method, url } = this;
    return this.phase === 'body' ? `after ${this.progress()} of the body of ${method} ${url}` : `${this.answered ? 'inside' : 'before'} the response head to ${method} ${url}`;
  }

  /** Its stream has ended, but its body was not read: it holds memory, and no task. */
  outlivesStream(): void {
    this.http2.arrived.add(this);
    addTaskless(this);
  }

  // ---- inside

  private get http2(): Http2Settings {
    return this.settings as Http2Settings;
  }

  private firstByte(): void {
    if (this.answered) return;
    this.answered = true;
    if (this.request.trace !== null) callHook(this, 'gotFirstResponseByte');
  }

  private interim(status: number, text: string, fieldsAt: number, last: boolean): void {
    const { maxInterim } = this.http2;
    if (last) throw new ProtocolError('ERR_STATUS_LINE', `the server ended its response with an informational (1xx) one, ${status} (RFC 9113 section 8.1)`);
    if (status === 101) throw new ProtocolError('ERR_UNEXPECTED_UPGRADE', 'the server answered 101 (Switching Protocols), which HTTP/2 has not (RFC 9113 section 8.6)');
    if (++this.interims > maxInterim) throw new ProtocolError('ERR_TOO_MANY_INTERIM', `the server sent more than ${maxInterim} informational (1xx) responses (max1xxResponses)`);
    if (this.request.trace !== null) this.tellInterim(status, text, fieldsAt);
    if (status === 100) this.conn?.continueBody();
  }

  private finalHead(head: StreamHead, last: boolean): void {
    const { status, text, fieldsAt, contentLength } = head;
    const { request } = this;
    const none = last || request.method === 'HEAD';
    const codings = undoneCodings({ scanner: head, framing: none ? 'none' : 'length' }, this.offered ? this.settings.acceptEncodings : null, request.decoding);
    if (!this.bodyWritten) {
      this.conn!.answeredEarly(status);
      // The source of the request's body was stopped, and may have cancelled the request.
      if (this.finished) return;
    }
    this.status = status;
    this.tls = this.conn!.tls;
    this.head = text;
    this.fieldsAt = fieldsAt;
    this.contentLength = last && request.method !== 'HEAD' ? 0 : contentLength;
    this.persistent = true;
    this.clearDeadline();
    this.openedAt = this.lastReadAt = this.arrivedAt = now();
    if (none) this.finish('eof');
    else this.moveTo('body');
    this.responseReady(codings);
  }

  protected leave(): Carrier | null {
    this.http2.arrived.delete(this);
    removeTaskless(this);
    return this.conn;
  }
}

/** @throws RequestError if the server takes no fields of that size. */
export function checkFieldListSize(size: number, allowed: number): void {
  if (size > allowed) throw new RequestError('ERR_INVALID_HEADER', `the request's fields have ${size} bytes, and the server takes ${allowed} (SETTINGS_MAX_HEADER_LIST_SIZE)`);
}
