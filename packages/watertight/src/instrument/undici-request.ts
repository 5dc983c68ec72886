/** Owns one request of undici, `fetch` or an interceptor of theirs, as it is watched. */
import type { Readable } from 'node:stream';
import { collected, type Trace } from '../tasks/index.js';
import { fault } from './fault.js';
import type { ForeignOrigin } from './foreign-origin.js';
import { fieldOf, ForeignRequest, type ObservedStream, type REQUEST } from './foreign-request.js';
import { loosen, tighten } from './loose-body.js';
import { shownOrigin, shownUrl } from './shown-url.js';

/** What undici publishes. */
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

/** The reason with which undici itself cancels a body nobody has read, once its Response was garbage-collected. */
const COLLECTED = 'Response object has been garbage collected';

export class UndiciRequest extends ForeignRequest {
  /** An interceptor that keeps to itself whom it stands before is its handler. */
  opaque = false;
  /** It is known what reads it. */
  linked = false;
  /** Its stream is not known yet, but may be. */
  unlinked = false;
  /** What refers to the body of request() on the connection's side; in its first turn only. */
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

  /** As it is, never to be shown. */
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

  /** The watch looks at it once a second, and so does every report. */
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
      // It runs in a timer of ours, where an error would end the program.
      this.weakHandler = null;
      fault(error);
    }
  }

  override wasRead(stream: ObservedStream, chunk: unknown): void {
    if (this.lingering && chunk === null) tighten(stream);
    super.wasRead(stream, chunk);
  }

  /** What aborts it, observed. Not written where it is used: the context of a closure there would be made for each request, and be kept by it. */
  giveUpBy(abort: (reason?: unknown) => unknown): (reason?: unknown) => unknown {
    return (reason) => {
      this.abandonedBy(reason);
      return abort(reason);
    };
  }

  /** Nobody wants the rest of it. */
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
