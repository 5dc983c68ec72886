/**
 * Owns the observation of undici: the copy in Node (which is `fetch`) and any copy of the npm package,
 * versions 6 to 8.
 *
 * Each request is observed by the channel `undici:request:create`. No other channel is used: a leaked body
 * causes neither `trailers` nor `error`, and a channel message for each event costs more than a method call.
 * The first request of a copy shows the class of its requests; from then on, the methods of that class that
 * undici's connections call are observed.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { builtin, type Trace } from '../tasks/index.js';
import { traceAfterRedirect, traceOf } from './call-site.js';
import { DispatchQueue } from './dispatch-queue.js';
import { fault } from './fault.js';
import { ForeignOrigin } from './foreign-origin.js';
import { isDecoder, REQUEST, type ObservedStream } from './foreign-request.js';
import { endLoosening } from './loose-body.js';
import { Patches, type Method, type Replacement } from './patch.js';
import { RedirectTrail } from './redirect-trail.js';
import { apiHandlerOf, isApiHandler, isFetchHandler, isReadable, lastOf, streamOf, writesElsewhere, type UndiciHandler } from './undici-handler.js';
import { UndiciRequest, type BodyHandler, type PublishedRequest } from './undici-request.js';

/** Statuses whose responses have no body for `fetch`, whatever the server sent. */
const NULL_BODY = new Set([101, 204, 205, 304]);
const REDIRECT = new Set([301, 302, 303, 307, 308]);

/** One copy of undici: the class of its requests, and the key under which a request keeps its handler. */
class UndiciCopy {
  observesStart = false;

  private constructor(
    readonly requestClass: object,
    private readonly handlerKey: symbol,
  ) {}

  static of(request: object): UndiciCopy | null {
    const requestClass = Reflect.getPrototypeOf(request);
    const handlerKey = Object.getOwnPropertySymbols(request).find(({ description }) => description === 'handler');
    return requestClass === null || handlerKey === undefined ? null : new UndiciCopy(requestClass, handlerKey);
  }

  handlerOf(request: object): UndiciHandler {
    return (request as Record<symbol, UndiciHandler>)[this.handlerKey];
  }
}

/** Observes all requests of undici from now on; returns a function that ends that. */
export function observeUndici(): () => void {
  observation = new UndiciObservation();
  subscribe('undici:request:create', created);
  return () => {
    unsubscribe('undici:request:create', created);
    observation?.end();
    observation = null;
  };
}

/** The present observation; null while there is none. */
let observation: UndiciObservation | null = null;

function created(message: unknown): void {
  const { request } = message as { request: PublishedRequest };
  // The client's own `fetch` publishes there as well, for others; it is no foreign client.
  if (!(OURS in request)) observation?.created(request);
}

/** The key of a request that the client itself publishes. */
const OURS = Symbol.for('watertight.request');

class UndiciObservation {
  private readonly patches = new Patches();
  /** The copies of undici by the class of their requests. Weak, because no copy may be kept alive: see Patches. */
  private readonly copies = new WeakMap<object, UndiciCopy>();
  private readonly streamClasses = new WeakSet();
  private readonly redirects = new RedirectTrail();
  private readonly queue = new DispatchQueue();
  private readonly streamMethods = [new StreamMethod('read', observedRead), new StreamMethod('push', observedPush), new StreamMethod('_destroy', observedDestroy)];
  /** The copy of the latest request: most programs have only one. */
  private copy: UndiciCopy | null = null;
  /** The class of the latest body of request(). */
  private bodyClass: object | null = null;
  private observesPush = false;
  private observesScopes = false;
  /** The request whose response headers are being passed on, if the chain does not show its handler. */
  private heading: UndiciRequest | null = null;
  /** The request whose data is being passed on, if its stream is not known. */
  private feeding: UndiciRequest | null = null;
  /** The request whose end of response is being passed on: an interceptor that makes a request now follows a redirect. */
  private ending: UndiciRequest | null = null;

  created(request: PublishedRequest): void {
    try {
      const copy = this.copyOf(request);
      if (copy === null) return;
      const handler = copy.handlerOf(request);
      // Most handlers are direct, and then the chain of handlers need not be searched.
      const isDirect = isApiHandler(handler);
      const isFetch = !isDirect && isFetchHandler(handler);
      const base = request.origin;
      const origin = ForeignOrigin.of(typeof base === 'string' ? base : String(base));
      const observed = new UndiciRequest(request, isFetch, this.siteOf(request, handler, origin), origin);
      if (!isDirect) this.observeStart(copy);
      if (!isDirect && !isFetch && apiHandlerOf(handler) === null) {
        observed.opaque = true;
        this.observeScopes();
      }
      request[REQUEST] = observed;
    } catch (error) {
      fault(error);
    }
  }

  end(): void {
    this.patches.undo();
    endLoosening();
  }

  private siteOf(request: PublishedRequest, handler: UndiciHandler, origin: ForeignOrigin): Trace | null {
    const queued = this.queue.take(handler);
    if (queued !== undefined) return queued;
    const { ending } = this;
    const redirected = ending !== null && ending.status >= 300 && ending.status < 400 ? ending.trace : this.redirects.follow(request);
    return redirected === undefined ? traceOf(origin, created) : traceAfterRedirect(redirected, created);
  }

  private copyOf(request: object): UndiciCopy | null {
    const requestClass = Reflect.getPrototypeOf(request)!;
    if (this.copy?.requestClass === requestClass) return this.copy;
    let copy = this.copies.get(requestClass) ?? null;
    if (copy === null) {
      copy = UndiciCopy.of(request);
      if (copy === null) throw new Error('a request of undici has another form than those of versions 6 to 8');
      this.copies.set(requestClass, copy);
      this.observe(copy);
    }
    return (this.copy = copy);
  }

  /** Observes the methods that a connection calls: those of versions 6 and 7, and those of version 8. */
  private observe(copy: UndiciCopy): void {
    const { patches } = this;
    const { requestClass } = copy;
    for (const name of ['onHeaders', 'onResponseStart']) patches.replace(requestClass, name, (original) => this.observedHead(copy, original));
    for (const name of ['onData', 'onResponseData']) patches.replace(requestClass, name, (original) => this.observedData(original));
    for (const name of ['onComplete', 'onResponseEnd']) patches.replace(requestClass, name, (original) => this.observedEnd(original));
    for (const name of ['onError', 'onResponseError', 'onUpgrade', 'onRequestUpgrade']) patches.replace(requestClass, name, observedFinish);
    this.queue.observe(requestClass, patches, (base, below) => traceOf(ForeignOrigin.of(String(base)), below));
  }

  /** Needed only where handlers do not end their requests by streams: `fetch` and interceptors. */
  private observeStart(copy: UndiciCopy): void {
    if (copy.observesStart) return;
    copy.observesStart = true;
    for (const name of ['onConnect', 'onRequestStart']) this.patches.replace(copy.requestClass, name, (original) => this.observedStart(copy, original));
  }

  private observedStart(copy: UndiciCopy, original: Method): Replacement {
    return function (this: PublishedRequest, abort: (reason?: unknown) => unknown, context: unknown): unknown {
      const observed = this[REQUEST];
      // Requests of request(), stream() and pipeline() end with their streams; only for fetch is an abort seen
      // nowhere else.
      if (observed === undefined || isApiHandler(copy.handlerOf(this))) return original.call(this, abort, context);
      return original.call(this, observed.giveUpBy(abort), context);
    };
  }

  private observedHead(copy: UndiciCopy, original: Method): Replacement {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the request is `this` below
    const observation = this;
    return function (this: PublishedRequest, status: number, fields: unknown, resume: unknown, text: unknown): unknown {
      const observed = this[REQUEST];
      if (observed === undefined || observed.finished || status < 200) return original.call(this, status, fields, resume, text);
      observed.responded(status, fields);
      let result: unknown;
      if (observed.opaque) {
        observation.heading = observed;
        try {
          result = original.call(this, status, fields, resume, text);
        } finally {
          observation.heading = null;
        }
      } else result = original.call(this, status, fields, resume, text);
      try {
        observation.link(observed, copy.handlerOf(this));
      } catch (error) {
        fault(error);
      }
      observed.paused = result === false;
      return result;
    };
  }

  private observedData(original: Method): Replacement {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the request is `this` below
    const observation = this;
    return function (this: PublishedRequest, chunk: Uint8Array): unknown {
      const observed = this[REQUEST];
      if (observed === undefined) return original.call(this, chunk);
      observed.received += chunk.length;
      let result: unknown;
      if (observed.unlinked) {
        observation.feeding = observed;
        try {
          result = original.call(this, chunk);
        } finally {
          observation.feeding = null;
        }
      } else result = original.call(this, chunk);
      observed.paused = result === false;
      return result;
    };
  }

  private observedEnd(original: Method): Replacement {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the request is `this` below
    const observation = this;
    return function (this: PublishedRequest, trailers: unknown): unknown {
      const observed = this[REQUEST];
      if (observed === undefined) return original.call(this, trailers);
      const outer = observation.ending;
      observation.ending = observed;
      if (observed.unlinked) observation.feeding = observed;
      try {
        return original.call(this, trailers);
      } finally {
        observation.ending = outer;
        observation.feeding = null;
        observed.ended();
      }
    };
  }

  /** Finds the stream from which the program will read the response. */
  private link(observed: UndiciRequest, handler: UndiciHandler): void {
    if (observed.finished || observed.linked) return;
    const isDirect = isApiHandler(handler);
    if (!isDirect && REDIRECT.has(observed.status)) this.redirects.leave(observed);
    const apiHandler = isDirect ? handler : apiHandlerOf(handler);
    const stream = streamOf(handler);
    if (stream !== null) this.linkTo(observed, stream, apiHandler);
    else if (!writesElsewhere(apiHandler)) {
      // An interceptor hides the stream; it is the stream into which the first bytes are pushed.
      observed.unlinked = true;
      this.observePush();
    }
  }

  /** Observes `runInAsyncScope`, through which request(), stream() and pipeline() call the program, also behind an interceptor. */
  private observeScopes(): void {
    if (this.observesScopes) return;
    this.observesScopes = true;
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the handler is `this` below
    const observation = this;
    this.patches.replace(process.getBuiltinModule('node:async_hooks').AsyncResource.prototype, 'runInAsyncScope', (original) => function (this: UndiciHandler): unknown {
      const { heading } = observation;
      if (heading !== null && ('factory' in this || isReadable(this.res))) {
        observation.heading = null;
        try {
          if (writesElsewhere(this)) heading.linked = true;
          else observation.linkTo(heading, this.res as ObservedStream, this);
        } catch (error) {
          fault(error);
        }
      }
      // eslint-disable-next-line prefer-rest-params -- passed on as they came
      return Reflect.apply(original, this, arguments);
    });
  }

  private linkTo(observed: UndiciRequest, stream: ObservedStream, apiHandler: UndiciHandler | null): void {
    observed.linked = true;
    const streamClass = Reflect.getPrototypeOf(stream)!;
    if (streamClass === this.bodyClass || Object.hasOwn(streamClass, 'dump')) {
      // The body of request().
      observed.bodyHandler = apiHandler as BodyHandler | null;
      if (streamClass !== this.bodyClass && !this.streamClasses.has(streamClass)) {
        this.streamClasses.add(streamClass);
        this.patches.replace(streamClass, 'read', observedRead);
        this.patches.replace(streamClass, '_destroy', observedDestroy);
      }
      this.bodyClass = streamClass;
    } else {
      // A stream of fetch or pipeline(), whose class others use too, so only this one stream is observed.
      const isOfFetch = streamClass === readableClass() || isDecoder(stream);
      if (isOfFetch) {
        observed.client = 'fetch';
        if (this.isOver(observed)) {
          observed.finish();
          return;
        }
      }
      for (const method of this.streamMethods) method.replaceOn(stream, isOfFetch);
    }
    observed.unlinked = false;
    observed.readFrom(stream);
  }

  /** Whether fetch keeps the response to itself, or drops its body. */
  private isOver(observed: UndiciRequest): boolean {
    if (NULL_BODY.has(observed.status) || observed.method === 'HEAD') return true;
    return REDIRECT.has(observed.status) && observed.location !== null;
  }

  private observePush(): void {
    if (this.observesPush) return;
    this.observesPush = true;
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    const observation = this;
    this.patches.replace(readableClass(), 'push', (original) => function (this: ObservedStream, chunk: unknown, encoding?: unknown): unknown {
      const { feeding } = observation;
      if (feeding !== null && this[REQUEST] === undefined) {
        observation.feeding = null;
        try {
          observation.linkTo(feeding, lastOf(this), null);
        } catch (error) {
          fault(error);
        }
      }
      return original.call(this, chunk, encoding);
    });
  }
}

/** A method of single streams that is observed: all streams with the same original share one replacement, so that they share their shape as well. */
class StreamMethod {
  private original: Method | null = null;
  private replacement: Replacement | null = null;

  constructor(
    private readonly name: 'read' | 'push' | '_destroy',
    private readonly make: (original: Method) => Replacement,
  ) {}

  /** `isHidden`: the program never sees the stream, so that the property may be an ordinary one, which costs a tenth. */
  replaceOn(stream: ObservedStream, isHidden: boolean): void {
    const fields = stream as unknown as Record<string, unknown>;
    const original = fields[this.name] as Method;
    if (original !== this.original || this.replacement === null) {
      this.original = original;
      this.replacement = this.make(original);
    }
    if (isHidden) fields[this.name] = this.replacement;
    else Object.defineProperty(stream, this.name, { value: this.replacement, writable: true, configurable: true, enumerable: false });
  }
}

/** Loaded by undici; an import would load it before the program does. */
function readableClass(): object {
  return builtin('node:stream').Readable.prototype;
}

function observedRead(original: Method): Replacement {
  return function (this: ObservedStream, size?: number): unknown {
    const chunk = original.call(this, size);
    const observed = this[REQUEST];
    if (observed !== undefined) observed.wasRead(this, chunk);
    return chunk;
  };
}

function observedPush(original: Method): Replacement {
  return function (this: ObservedStream, chunk: unknown, encoding?: unknown): unknown {
    const result = original.call(this, chunk, encoding);
    if (chunk === null) this[REQUEST]?.streamEnded(this);
    return result;
  };
}

function observedDestroy(original: Method): Replacement {
  return function (this: ObservedStream, error: unknown, callback: unknown): unknown {
    const observed = this[REQUEST];
    if (observed !== undefined) observed.finish();
    return original.call(this, error, callback);
  };
}

function observedFinish(original: Method): Replacement {
  return function (this: PublishedRequest): unknown {
    const observed = this[REQUEST];
    if (observed !== undefined) observed.finish();
    // eslint-disable-next-line prefer-rest-params -- passed on as they came
    return Reflect.apply(original, this, arguments);
  };
}
