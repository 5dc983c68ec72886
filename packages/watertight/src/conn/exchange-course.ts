/** Owns what the course of an exchange has in common over every version of HTTP: its response is given out, its body is read, its time is limited, and it ends once. */
import { now, unwatch, watch, type Trace } from '../tasks/index.js';
import { Headers } from '../wire/index.js';
import type { Coding } from '../coding/index.js';
import type { BodySource } from './body-source.js';
import type { Sending } from './body-upload.js';
import type { Carrier } from './carrier.js';
import { Deadline } from './deadline.js';
import { DecodedBody } from './decoded-body.js';
import { BodyError, TimeoutError } from './error.js';
import { ExchangeRecord } from './exchange-record.js';
import type { ExchangeOwner, ExchangeSettings } from './exchange-settings.js';
import { IncomingBody, type BodyOwner } from './incoming-body.js';
import { MeteredBody } from './metered-body.js';
import type { Request } from './request.js';
import { Response } from './response.js';
import { StallLimit } from './stall-limit.js';
import { callHook } from './user-call.js';

/**
 * One exchange, whatever carries it. `Exchange` adds the reading of HTTP/1.1, the
 * room h2 that of an HTTP/2 stream. Whatever happens, it ends in `finish`, once.
 */
export abstract class ExchangeCourse extends ExchangeRecord implements BodyOwner, Sending {
  protected conn: Carrier | null = null;
  /** By what the response said, another may follow it on its connection. */
  protected persistent = false;
  protected readonly body = new IncomingBody(this);
  /** On the time for the head. */
  private deadline: Deadline | null = null;
  /** On the time in which nothing of the body comes. */
  protected stall: StallLimit | null = null;

  constructor(
    request: Request,
    trace: Trace | null,
    /** 0 off, 1 adaptive, 2 all. */
    private readonly tracked: number,
    /** We offered the transport's content codings, so we undo them. */
    readonly offered: boolean,
    protected readonly settings: ExchangeSettings,
    private readonly owner: ExchangeOwner,
  ) {
    super(request, trace);
  }

  /** Every byte of the response has come. */
  abstract get complete(): boolean;
  /** Its connection carries no HTTP any more, and is the program's. */
  abstract get handedOver(): boolean;
  /** It is over, with `to`: what only a live exchange needs is given back. Gives what carried it, if that is to be told of the end. */
  protected abstract leave(to: 'eof' | 'closed' | 'failed'): Carrier | null;

  get bytesRead(): number {
    return this.body.bytesRead;
  }

  get mocked(): boolean {
    return this.conn?.mocked === true;
  }

  get awaited(): boolean {
    return this.body.awaited;
  }

  // ---- from the connection

  /** The connection takes it up. */
  protected beginOn(conn: Carrier): void {
    this.moveTo('sent');
    this.conn = conn;
    if (this.tracked > 0) this.openedAt = this.lastReadAt = now();
  }

  /** The whole request has left for the kernel: the time for the headers starts, as in Go. */
  requestSent(): void {
    const { responseHeaderTimeout } = this.settings;
    if (responseHeaderTimeout > 0 && this.phase === 'sent') {
      this.deadline = new Deadline(responseHeaderTimeout, () => this.fail(new TimeoutError(`no response headers from ${this.url} within ${responseHeaderTimeout} ms of sending the request (responseHeaderTimeout)`, 'waiting for headers')));
    }
  }

  /** Ends it at once, whatever it is doing; everything that awaits it rejects with `reason`. */
  cancel(reason: unknown): void {
    this.body.clear();
    this.end('failed', reason);
  }

  // ---- from the body

  bytesTaken(left: number): void {
    if (this.phase !== 'body') return;
    if (left === 0 && this.complete) {
      this.finish('eof');
      return;
    }
    this.lastReadAt = now();
    if (left === 0) this.goOn();
  }

  endReached(): void {
    this.finish('eof');
  }

  readStarted(): void {
    this.goesOn();
    this.conn!.readStarted(this.lastReadAt);
  }

  closeBody(): Promise<void> {
    this.shutBody();
    return Promise.resolve();
  }

  shutBody(): void {
    if (this.phase === 'body') this.end('closed', null);
  }

  // ---- from the watch

  reclaim(): void {
    this.cancel(new BodyError('ERR_BODY_CLOSED', 'the response was garbage-collected before its body was finished'));
  }

  turnedSuspect(): void {
    this.settings.suspectFound(this.origin);
  }

  // ---- the head

  /** The limit on the time for the head is over. */
  protected clearDeadline(): void {
    this.deadline?.clear();
  }

  /** A 1xx response came: the hooks are told. The last of them may have ended it. */
  protected tellInterim(status: number, text: string, fieldsAt: number): void {
    if (status === 100 && this.conn?.awaitsContinue === true) callHook(this, 'got100Continue');
    if (!this.finished) callHook(this, 'got1xxResponse', status, Headers.parsed(text, fieldsAt));
  }

  /** Gives the response out. Everything that came with its head has been taken in by then. */
  protected responseReady(codings: readonly Coding[]): void {
    const response = new Response(this, this.bodySource(codings), this.offered && codings.length > 0);
    if (this.phase === 'body') {
      const { bodyIdleTimeout } = this.settings;
      if (bodyIdleTimeout > 0 && !this.complete && !this.handedOver) this.startStallLimit(bodyIdleTimeout);
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

  /** How much of the body has come, for an error's text. */
  protected progress(): string {
    const got = this.bytesRead + this.body.bytes;
    return this.contentLength >= 0 ? `${got} of ${this.contentLength} bytes` : `${got} bytes, without its end,`;
  }

  /** Bytes have come, or the end has, for the read that waits. */
  protected answerRead(): void {
    // Framing without data, so far.
    if (!this.body.ready && !this.complete) return;
    const read = this.body.takePending()!;
    this.conn!.readEnded(this.lastReadAt);
    this.body.answer(read);
  }

  /** The bytes that had come were read: more may come. */
  protected goOn(): void {
    this.goesOn();
    this.conn!.resume();
  }

  // ---- limits on time

  private startStallLimit(ms: number): void {
    const stalled = (): void => this.fail(new TimeoutError(`the server sent no byte of the body of ${this.method} ${this.url} for ${ms} ms (bodyIdleTimeout)`, 'reading the body'));
    this.stall = new StallLimit(ms, () => this.conn!.paused, stalled);
  }

  /** The connection will be read again, if it was not. */
  private goesOn(): void {
    if (this.stall !== null && this.conn!.paused) this.stall.moved();
  }

  /** The last byte of the body has come. */
  protected allArrived(): void {
    this.arrivedAt = now();
    this.stall?.clear();
  }

  // ---- the end

  protected fail(error: Error): void {
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
  protected finish(to: 'eof' | 'closed' | 'failed'): void {
    this.moveTo(to);
    this.clearDeadline();
    this.stall?.clear();
    this.handle = null;
    if (this.lingering) unwatch(this);
    // An attempt that got no response may be followed by another: its owner is told of the failure instead.
    if (this.status !== 0) this.owner.onFinished();
    const conn = this.leave(to);
    // A response that the program keeps must not keep the connection's objects.
    this.conn = null;
    if (conn !== null) conn.exchangeEnded(to === 'eof' && this.persistent && this.bodyWritten);
  }
}
