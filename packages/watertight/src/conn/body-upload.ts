/** Owns the sending of a request's body that is not sent in one piece: when it begins, and what ends it early. */
import { WatertightError } from '../wire/index.js';
import { BodyPump, type PumpTarget } from './body-pump.js';
import type { ChunkSource } from './chunk-source.js';
import { Deadline } from './deadline.js';
import { requestBodyFailed } from './error.js';
import type { Request } from './request.js';
import type { Hooked } from './user-call.js';

/** What is needed of the exchange whose request is sent; `ExchangeCourse` implements it. */
export interface Sending extends Hooked {
  readonly request: Request;
  readonly finished: boolean;
  readonly error: unknown;
  bodyWritten: boolean;
  nothingWritten: boolean;
  /** The last byte of the request has left for the kernel. Called once, and only where the time for the headers is limited. */
  requestSent(): void;
}

/** Where a body goes, and the functions that are called meanwhile. */
export interface UploadOptions {
  readonly exchange: Sending;
  readonly target: PumpTarget;
  /** A body of unknown length is sent in the chunks of HTTP/1.1. */
  readonly chunked: boolean;
  readonly sent: () => void;
  /** Passed to each write of the target; undefined: not wanted. */
  readonly flushed: (() => void) | undefined;
  /** The body will not be sent to its end: why, or null where the server has not asked for it, which is no fault. May be called again. */
  readonly ended: (error: unknown) => void;
}

/** Whether the body of a request waits for `100 Continue`, as in Go. */
export function expectsContinue(request: Request, expectContinueTimeout: number): boolean {
  return expectContinueTimeout > 0 && request.ownHeaders?.get('expect')?.toLowerCase() === '100-continue';
}

/** The sending of one body. It is over with `sent`, with the exchange, or by `stop`. */
export class BodyUpload {
  private pump: BodyPump | null = null;
  private timer: Deadline | null = null;

  constructor(private readonly options: UploadOptions) {}

  get awaitsContinue(): boolean {
    return this.timer !== null;
  }

  /** Begins when the server has said 100 (Continue), or has said nothing for `timeout` ms. */
  awaitContinue(timeout: number): void {
    this.timer = new Deadline(timeout, () => this.continue());
    this.timer.ref();
  }

  /** The server has said 100 (Continue), or has said nothing for long enough. */
  continue(): void {
    if (this.timer === null) return;
    this.clearTimer();
    this.start();
  }

  start(): void {
    const { exchange, target, chunked, sent, flushed, ended } = this.options;
    const { body, declaredLength, trailers, onUploadProgress } = exchange.request;
    let source: ChunkSource;
    try {
      source = body!.open();
    } catch (error) {
      ended(error);
      exchange.cancel(error instanceof WatertightError ? error : requestBodyFailed(error));
      return;
    }
    // What opens it is the program's code, and may have cancelled the request.
    if (exchange.finished) {
      source.stop(exchange.error);
      return;
    }
    this.pump = new BodyPump({
      target,
      chunked,
      source,
      length: body!.length ?? declaredLength,
      trailers,
      onProgress: onUploadProgress,
      terms: exchange.request.terms,
      sent: () => {
        this.pump = null;
        sent();
      },
      flushed,
      failed: (error) => {
        ended(error);
        exchange.cancel(error);
      },
    });
    this.pump.start();
  }

  /** The final response came before the body was sent; from the status `refusal` on, its sender does not want the rest. */
  answeredEarly(status: number, refusal: number): void {
    // RFC 9110 section 10.1.1: after a final status the body is not sent; whoever refuses does not read it either.
    if (this.timer !== null) {
      this.clearTimer();
      // As in Go, that is no fault.
      this.options.ended(null);
    } else if (status >= refusal) this.stop(new Error(`the server answered ${status} before the body was sent`));
  }

  stop(reason: unknown): void {
    this.options.ended(reason);
    this.clearTimer();
    this.pump?.stop(reason);
    this.pump = null;
  }

  private clearTimer(): void {
    this.timer?.clear();
    this.timer = null;
  }
}
