/** Owns the write loop of a connection: it sends the requests, one after another, and says when the last byte of each has left. */
import type { Socket } from 'node:net';
import { asError, defineEntry, now, Task, type TaskLabels, type Trace } from '../tasks/index.js';
import { WatertightError } from '../wire/index.js';
import { BodyPump } from './body-pump.js';
import type { ChunkSource } from './chunk-source.js';
import { Deadline } from './deadline.js';
import { requestBodyFailed } from './error.js';
import type { ExchangeSettings } from './exchange-settings.js';
import type { Request } from './request.js';
import { callHook, type Hooked } from './user-call.js';

/** What the write loop needs of the exchange whose request it sends; `Exchange` implements it. */
export interface Sending extends Hooked {
  readonly request: Request;
  readonly finished: boolean;
  readonly error: unknown;
  bodyWritten: boolean;
  nothingWritten: boolean;
  /** The last byte of the request has left for the kernel. Called once, and only where the time for the headers is limited. */
  requestSent(): void;
}

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
  private pump: BodyPump | null = null;
  private continueTimer: Deadline | null = null;
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
      headWritten(exchange, head);
      requestWritten(exchange, null);
    }
    const { terms } = exchange.request;
    if (terms !== null && !exchange.finished) terms.wroteRequest();
  }

  get awaitsContinue(): boolean {
    return this.continueTimer !== null;
  }

  /** The server has said 100 (Continue), or has said nothing for long enough. */
  continueBody(): void {
    if (this.continueTimer === null) return;
    this.continueTimer.clear();
    this.continueTimer = null;
    this.writeBody();
  }

  /** The final response came before the whole request was sent. */
  answeredEarly(status: number): void {
    // RFC 9110 section 10.1.1: after a final status the body is not sent; whoever refuses does not read it either.
    if (this.continueTimer !== null) {
      this.continueTimer.clear();
      this.continueTimer = null;
      // As in Go, that is no fault.
      this.tellWritten(null);
    } else if (status >= 400) this.stop(new Error(`the server answered ${status} before the body was sent`));
  }

  /** The exchange whose request it sent is over, with `error` or without: what is not sent yet is not sent any more. */
  exchangeEnded(error: unknown): void {
    if (this.pump !== null || this.continueTimer !== null) this.stop(error ?? new Error('the response ended before the body was sent'));
    this.sending = null;
  }

  private startBody(exchange: Sending, head: string): void {
    const { request } = exchange;
    const socket = this.socket!;
    this.sending = exchange;
    exchange.bodyWritten = false;
    this.told = false;
    this.task.setState('io wait', now());
    const expect = this.settings.expectContinueTimeout > 0 && request.ownHeaders?.get('expect')?.toLowerCase() === '100-continue';
    // Where the program wants to know the progress, the pump sends what is in memory too, piece by piece.
    const bytes = request.onUploadProgress === null ? request.body!.bytes : null;
    if (!expect && bytes !== null) {
      socket.cork();
      socket.write(head, 'latin1', this.flushed);
      if (bytes.length > 0) socket.write(bytes, this.flushed);
      socket.uncork();
    } else socket.write(head, 'latin1');
    exchange.nothingWritten = this.broken;
    if (request.trace !== null) {
      headWritten(exchange, head);
      if (expect && !exchange.finished) callHook(exchange, 'wait100Continue');
    }
    // The hook, or a stream of the program that answers within the write, may have ended it.
    if (exchange.finished) return;
    if (expect) {
      this.continueTimer = new Deadline(this.settings.expectContinueTimeout, () => this.continueBody());
      this.continueTimer.ref();
    } else if (bytes !== null) {
      if (bytes.length > 0) request.terms?.wroteChunk(bytes);
      if (!exchange.finished) this.bodySent();
    } else this.writeBody();
  }

  private writeBody(): void {
    const exchange = this.sending!;
    const { body, declaredLength, trailers } = exchange.request;
    let source: ChunkSource;
    try {
      source = body!.open();
    } catch (error) {
      this.tellWritten(error);
      exchange.cancel(error instanceof WatertightError ? error : requestBodyFailed(error));
      return;
    }
    // What opens it is the program's code, and may have cancelled the request.
    if (exchange.finished) {
      source.stop(exchange.error);
      return;
    }
    this.pump = new BodyPump({
      socket: this.socket!,
      source,
      length: body!.length ?? declaredLength,
      trailers,
      onProgress: exchange.request.onUploadProgress,
      terms: exchange.request.terms,
      sent: () => this.bodySent(),
      flushed: this.flushed,
      failed: (error) => {
        this.tellWritten(error);
        exchange.cancel(error);
      },
    });
    this.pump.start();
  }

  private bodySent(): void {
    this.pump = null;
    const { sending } = this;
    if (sending === null) return;
    this.tellWritten(null);
    if (sending.finished) return;
    sending.bodyWritten = true;
    this.task.setState('select', now());
    if (this.flushed === undefined) this.sending = null;
    else this.flushed();
    // Last, for it calls the program.
    sending.request.terms?.wroteRequest();
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

  private stop(reason: unknown): void {
    this.tellWritten(reason);
    this.continueTimer?.clear();
    this.continueTimer = null;
    this.pump?.stop(reason);
    this.pump = null;
  }
}

/** What the hooks are told of a head that was written. */
function headWritten(exchange: Sending, head: string): void {
  if (exchange.request.trace?.wroteHeaderField !== undefined) {
    for (const { name, values } of fieldsOf(head)) {
      if (exchange.finished) return;
      callHook(exchange, 'wroteHeaderField', name, values);
    }
  }
  if (!exchange.finished) callHook(exchange, 'wroteHeaders');
}

function requestWritten(exchange: Sending, error: unknown): void {
  if (error !== null || !exchange.finished) callHook(exchange, 'wroteRequest', { error: error === null ? null : asError(error) });
}

/** The fields of a head, those that follow each other under one name together. */
function fieldsOf(head: string): { name: string; values: string[] }[] {
  const fields: { name: string; values: string[] }[] = [];
  for (const line of head.split('\r\n').slice(1, -2)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = line.slice(colon + 2);
    if (fields.at(-1)?.name === name) fields.at(-1)!.values.push(value);
    else fields.push({ name, values: [value] });
  }
  return fields;
}
