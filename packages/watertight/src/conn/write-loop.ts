/** Owns the write loop of a connection: it sends the requests, one after another, and says when the last byte of each has left. */
import type { Socket } from 'node:net';
import { defineEntry, now, Task, type TaskLabels, type Trace } from '../tasks/index.js';
import type { Latin1Bytes } from '../wire/index.js';
import { BodyUpload, expectsContinue, type Sending } from './body-upload.js';
import type { ExchangeSettings } from './exchange-settings.js';
import { callHook } from './user-call.js';
import { fieldsOf, headWritten, requestWritten } from './written-hooks.js';

/** The statuses from which on a server that answers early has refused the body. */
const REFUSAL = 400;
/** Bytes up to which a body is copied to its head. Node takes a string of up to 16 KiB onto its stack. */
const SMALL_BODY = 8192;

/**
 * Go's `writeLoop`. It is no function that waits for requests: it is the state of
 * an object, with a task record, and the connection calls it.
 */
export class WriteLoop {
  static {
    defineEntry('writeLoop', 'watertight.(*persistConn).writeLoop');
  }

  readonly task: Task;
  private socket: Socket | null = null;
  /** Whose request is on its way to the kernel. A request without a body is on its way only as long as somebody wants to know when it has left. */
  private sending: Sending | null = null;
  private upload: BodyUpload | null = null;
  /** `wroteRequest` was called for the body on its way. */
  private told = false;
  /** Passed to each write of a request, so it is called after the last one too. Undefined if nobody wants to know. */
  private readonly flushed: (() => void) | undefined;

  constructor(
    private readonly settings: Pick<ExchangeSettings, 'responseHeaderTimeout' | 'expectContinueTimeout'>,
    labels: TaskLabels,
    trace: Trace | null,
  ) {
    this.task = new Task('connection', 'writeLoop', 'select', trace, labels);
    this.flushed = settings.responseHeaderTimeout === 0 ? undefined : () => this.lookWhetherSent();
  }

  attach(socket: Socket): void {
    this.socket = socket;
  }

  /** The socket is known to be gone. A stream of another kind may not say whether it has failed. */
  get broken(): boolean {
    return this.socket!.destroyed || (this.socket!.errored ?? null) !== null;
  }

  /** Sends the head of a request, and its body if it has one. */
  send(exchange: Sending, head: string): void {
    const { body, trace } = exchange.request;
    if (body !== null) {
      this.startBody(exchange, head);
      return;
    }
    const socket = this.socket!;
    const { flushed } = this;
    if (flushed === undefined) socket.write(head, 'latin1');
    else {
      this.sending = exchange;
      socket.write(head, 'latin1', flushed);
      flushed();
    }
    exchange.nothingWritten = this.broken;
    if (trace !== null) {
      headWritten(exchange, () => fieldsOf(head));
      requestWritten(exchange, null);
    }
    const { terms } = exchange.request;
    if (terms !== null && !exchange.finished) terms.requestSent();
  }

  get awaitsContinue(): boolean {
    return this.upload !== null && this.upload.awaitsContinue;
  }

  /** The server has said 100 (Continue). */
  continueBody(): void {
    this.upload?.continue();
  }

  /** The final response came before the whole request was sent. */
  answeredEarly(status: number): void {
    this.upload?.answeredEarly(status, REFUSAL);
  }

  /** The exchange whose request it sent is over, with `error` or without: what is not sent yet is not sent any more. */
  exchangeEnded(error: unknown): void {
    this.upload?.stop(error ?? new Error('the response ended before the body was sent'));
    this.upload = null;
    this.sending = null;
  }

  private startBody(exchange: Sending, head: string): void {
    const { request } = exchange;
    const socket = this.socket!;
    this.sending = exchange;
    exchange.bodyWritten = false;
    this.told = false;
    this.task.setState('io wait', now());
    const { expectContinueTimeout } = this.settings;
    const expect = expectsContinue(request, expectContinueTimeout);
    // Where the program wants to know the progress, the pump sends what is in memory too, piece by piece.
    const bytes = request.onUploadProgress === null ? request.body!.bytes : null;
    if (!expect && bytes !== null) this.writeWhole(socket, head, bytes);
    else socket.write(head, 'latin1');
    exchange.nothingWritten = this.broken;
    if (request.trace !== null) {
      headWritten(exchange, () => fieldsOf(head));
      if (expect && !exchange.finished) callHook(exchange, 'wait100Continue');
    }
    // The hook, or a stream of the program that answers within the write, may have ended it.
    if (exchange.finished) return;
    if (!expect && bytes !== null) {
      if (bytes.length > 0) request.terms?.wroteChunk(bytes);
      if (!exchange.finished) this.bodySent();
      return;
    }
    this.upload = new BodyUpload({ exchange, target: socket, chunked: true, sent: () => this.bodySent(), flushed: this.flushed, ended: (error) => this.tellWritten(error) });
    if (expect) this.upload.awaitContinue(expectContinueTimeout);
    else this.upload.start();
  }

  /** A small body goes with the head as one string, which Node writes from its stack at once: two pieces are a list, a write request and an event more. */
  private writeWhole(socket: Socket, head: string, bytes: Uint8Array): void {
    if (bytes.length <= SMALL_BODY) {
      socket.write(head + (Buffer.prototype as Buffer & Latin1Bytes).latin1Slice.call(bytes, 0, bytes.length), 'latin1', this.flushed);
      return;
    }
    socket.cork();
    socket.write(head, 'latin1', this.flushed);
    socket.write(bytes, this.flushed);
    socket.uncork();
  }

  private bodySent(): void {
    this.upload = null;
    const { sending } = this;
    if (sending === null) return;
    this.tellWritten(null);
    if (sending.finished) return;
    sending.bodyWritten = true;
    this.task.setState('select', now());
    if (this.flushed === undefined) this.sending = null;
    else this.flushed();
    // Last, for it calls the program.
    sending.request.terms?.requestSent();
  }

  /** The socket has passed on what it held: if the last byte was among it, the request is sent. */
  private lookWhetherSent(): void {
    const { sending } = this;
    if (sending === null || !sending.bodyWritten || this.socket!.writableLength > 0) return;
    this.sending = null;
    sending.requestSent();
  }

  /** The hooks hear of the end of the body once. */
  private tellWritten(error: unknown): void {
    if (this.sending === null || this.sending.request.trace === null || this.told) return;
    this.told = true;
    requestWritten(this.sending, error);
  }
}
