/** Owns one dispatched request: it tells undici's handler what happens, and does what the handler's controller says. */
import { callQuietly, Deadline, type Body, type ClientTrace, type Request, type Response } from '../conn/index.js';
import { isObserved, PublishedRequest, rawFields, type Transport } from '../transport/index.js';
import type { Headers } from '../wire/index.js';
import { dispatchError, type DispatchErrors } from './dispatch-error.js';
import type { Controller, FieldRecord, Handler } from './handler.js';

/** Limits on time, in ms; 0 is none. */
export interface DispatchLimits {
  readonly headersTimeout: number;
  readonly bodyTimeout: number;
}

/** One request, from `dispatch` to the last call of its handler: `onResponseEnd` or `onResponseError`, once. */
export class Dispatch implements Controller, ClientTrace {
  rawHeaders: Buffer[] | null = null;
  rawTrailers: Buffer[] | null = null;
  aborted = false;
  paused = false;
  reason: unknown = null;
  private over = false;
  private body: Body | null = null;
  private deadline: Deadline | null = null;
  private resumed: (() => void) | null = null;
  /** Null where nobody observes. */
  private published: PublishedRequest | null = null;
  private readonly cancellation = new AbortController();

  constructor(
    private readonly handler: Handler,
    private readonly limits: DispatchLimits,
    private readonly errors: DispatchErrors,
    private readonly ended: (dispatch: Dispatch) => void,
  ) {}

  get signal(): AbortSignal {
    return this.cancellation.signal;
  }

  start(request: Request, transport: Transport): void {
    this.tell(() => this.handler.onRequestStart?.(this, null));
    if (this.over) {
      request.body?.release(this.reason);
      return;
    }
    if (isObserved()) {
      const observed = PublishedRequest.of(request);
      this.published = observed.published;
      this.send(observed.request, transport);
    } else this.send(request, transport);
  }

  private send(request: Request, transport: Transport): void {
    transport.dispatch(request, (response) => void this.receive(response), (error) => this.fail(error));
  }

  // ---- the controller

  abort(reason?: unknown): void {
    if (this.aborted || this.over) return;
    this.aborted = true;
    this.reason = reason ?? new this.errors.RequestAbortedError();
    this.breakOff(this.reason);
  }

  /** Ends the request, without an act of the handler. */
  private breakOff(error: unknown): void {
    this.fail(error);
    this.cancellation.abort(error);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    const { resumed } = this;
    this.resumed = null;
    resumed?.();
  }

  // ---- from the connection

  wroteHeaders(): void {
    this.limit(this.limits.headersTimeout, this.errors.HeadersTimeoutError);
  }

  gotFirstResponseByte(): void {
    this.tell(() => this.handler.onResponseStarted?.());
  }

  got1xxResponse(status: number, headers: Headers): void {
    this.tell(() => this.head(status, headers, ''));
  }

  // ---- the response

  private async receive(response: Response): Promise<void> {
    this.deadline?.clear();
    this.body = response.body;
    if (this.over) {
      await response.close();
      return;
    }
    this.published?.answered(response);
    this.tell(() => this.head(response.status, response.headers, response.statusText));
    await this.pump(response);
  }

  private head(status: number, headers: Headers, statusText: string): void {
    this.rawHeaders = rawFields(headers);
    this.handler.onResponseStart?.(this, status, recordOf(headers), statusText);
  }

  private async pump(response: Response): Promise<void> {
    const { body } = response;
    try {
      for (;;) {
        if (this.paused && !this.over) {
          await new Promise<void>((resolve) => {
            this.resumed = resolve;
          });
        }
        if (this.over) return;
        this.limit(this.limits.bodyTimeout, this.errors.BodyTimeoutError);
        const chunk = body.state === 'eof' ? null : await body.read();
        this.deadline?.clear();
        if (chunk === null) break;
         
        if (this.over) return;
        this.tell(() => this.handler.onResponseData?.(this, Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
      }
    } catch (error) {
      this.fail(error);
      return;
    }
    if (this.over) return;
    this.published?.ended(response.trailers);
    this.rawTrailers = rawFields(response.trailers);
    this.tell(() => this.handler.onResponseEnd?.(this, recordOf(response.trailers)));
    this.end();
  }

  // ---- the end

  /** Fails the request, unless it is over. */
  fail(error: unknown): void {
    if (this.over) return;
    this.end();
    void this.body?.close();
    this.reason ??= error;
    this.published?.failed(error);
    callQuietly(() => this.handler.onResponseError?.(this, this.aborted ? this.reason : dispatchError(error, this.errors)));
  }

  private end(): void {
    if (this.over) return;
    this.over = true;
    this.deadline?.clear();
    this.resumed?.();
    this.ended(this);
  }

  /** Calls the handler; what it throws ends the request. It is no abort: undici's handler for retries tells them apart. */
  private tell(call: () => void): void {
    if (this.over) return;
    try {
      call();
    } catch (error) {
      this.breakOff(error);
    }
  }

  private limit(ms: number, Timeout: new () => Error): void {
    this.deadline?.clear();
    this.deadline = ms === 0 ? null : new Deadline(ms, () => this.breakOff(new Timeout()));
  }
}

function recordOf(headers: Headers): FieldRecord {
  const record: FieldRecord = {};
  for (const [name, value] of headers.raw) {
    const lower = name.toLowerCase();
    const known = Object.hasOwn(record, lower) ? record[lower] : undefined;
    const both = known === undefined ? value : Array.isArray(known) ? [...known, value] : [known, value];
    Object.defineProperty(record, lower, { value: both, enumerable: true, configurable: true, writable: true });
  }
  return record;
}
