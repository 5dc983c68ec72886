/** Owns one request of undici, `fetch` or an interceptor, with the details of its observation. */
import type { Readable } from 'node:stream';
import { collected, type Trace } from '../tasks/index.js';
import { fault } from './fault.js';
import type { ForeignOrigin } from './foreign-origin.js';
import { fieldOf, ForeignRequest, type ObservedStream, type REQUEST } from './foreign-request.js';
import { loosen, tighten } from './loose-body.js';
import { shownOrigin, shownUrl } from './shown-url.js';

/** The request object that undici publishes on its channel. */
export interface PublishedRequest {
  readonly method: string;
  readonly path: string;
  readonly origin: string | URL | null;
  readonly upgrade?: unknown;
  [REQUEST]?: UndiciRequest;
}

/** The handler of request(). */
export interface BodyHandler {
  res: Readable | null;
}

/** The reason with which undici itself cancels an unread body after its Response was garbage-collected. */
const COLLECTED = 'Response object has been garbage collected';

export class UndiciRequest extends ForeignRequest {
  /** True if its handler is an interceptor that does not show its next handler. */
  opaque = false;
  /** True if the stream from which the program reads is known. */
  linked = false;
  /** True if its stream is not known yet but may become known. */
  unlinked = false;
  /** The object through which the connection refers to the body of request(); set only in the turn in which the response came. */
  bodyHandler: BodyHandler | null = null;
  private weakHandler: WeakRef<BodyHandler> | null = null;
  private readonly base: string | URL | null;
  private readonly path: string;

  constructor(request: PublishedRequest, isFetch: boolean, trace: Trace | null, origin: ForeignOrigin) {
    super(isFetch ? 'fetch' : 'undici', request.method, trace, origin);
    this.base = request.origin;
    this.path = request.path;
  }

  get origin(): string {
    return shownOrigin(String(this.base));
  }

  get url(): string {
    return shownUrl(this.origin, this.path);
  }

  /** With credentials and query: never to be shown. */
  get fullUrl(): string {
    return String(this.base) + this.path;
  }

  get location(): string | null {
    return fieldOf(this.fields, 'location');
  }

  override finish(): void {
    this.bodyHandler = this.weakHandler = null;
    super.finish();
  }

  override lingers(): void {
    super.lingers();
    if (this.bodyHandler === null) return;
    this.weakHandler = new WeakRef(this.bodyHandler);
    this.bodyHandler = null;
    this.loosen();
  }

  /** Also loosens the body, because the watch reads this once a second, and so does every report. */
  override get lastReadAt(): number {
    if (this.weakHandler !== null && !this.complete) this.loosen();
    return super.lastReadAt;
  }

  private loosen(): void {
    const body = this.target;
    const handler = this.weakHandler?.deref();
    if (body === null || handler === undefined) return;
    try {
      loosen(handler, body);
    } catch (error) {
      // This runs in a timer of this library, where an error would end the program.
      this.weakHandler = null;
      fault(error);
    }
  }

  override wasRead(stream: ObservedStream, chunk: unknown): void {
    if (this.lingering && chunk === null) tighten(stream);
    super.wasRead(stream, chunk);
  }

  /** Wraps `abort` to observe it. A method of its own, because a closure at the place of use would keep that place's context alive for each request. */
  giveUpBy(abort: (reason?: unknown) => unknown): (reason?: unknown) => unknown {
    return (reason) => {
      this.abandonedBy(reason);
      return abort(reason);
    };
  }

  /** Called when the program gives up the rest of the response. */
  private abandonedBy(reason: unknown): void {
    if (this.finished) return;
    if (reason === COLLECTED) {
      this.complete = true;
      try {
        this.noteProgress();
        collected(this);
      } catch (error) {
        fault(error);
      }
    } else this.finish();
  }
}
