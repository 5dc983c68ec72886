/**
 * Owns the observation of `node:http` and `node:https`, and of the clients built on them (axios, got,
 * node-fetch, superagent and others).
 *
 * A request is observed from the moment when it is made (`request-creation`). Later events are observed in
 * methods that Node itself calls: `emit` of ClientRequest, and `push`, `read` and `_destroy` of IncomingMessage.
 * The first request and the first response show these classes; the modules are never loaded from here. The
 * channel `http.client.response.finish` cannot be used, because it is published when the response headers have
 * come.
 *
 * In node:http a response holds its socket until its `'end'`, also if its body is empty or not read at all:
 * an unread 204 holds its socket like an unread megabyte, and so does a body of which all but the end was read,
 * unless the connection ends with the response (`Connection: close`, an agent without `keepAlive`). Measured on Node 20, 22, 24 and 26.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { isMockedSocket, type Trace } from '../tasks/index.js';
import { traceAfterRedirect, traceOf } from './call-site.js';
import { fault } from './fault.js';
import { ForeignOrigin } from './foreign-origin.js';
import { ForeignRequest, REQUEST, type ObservedStream } from './foreign-request.js';
import { Patches, type Method, type Replacement } from './patch.js';
import { classWith, flushCreation, observeCreation } from './request-creation.js';
import { shownOrigin, shownUrl } from './shown-url.js';

type ObservedRequest = ClientRequest & { [REQUEST]?: HttpRequest; readonly _header?: string | null };

class HttpRequest extends ForeignRequest {
  private readonly protocol: string;
  private readonly host: string;
  private readonly path: string;

  constructor(request: ObservedRequest, host: string, trace: Trace | null, origin: ForeignOrigin) {
    super('node:http', request.method, trace, origin);
    this.protocol = request.protocol;
    this.host = host;
    this.path = request.path;
  }

  get origin(): string {
    return shownOrigin(`${this.protocol}//${this.host}`);
  }

  get url(): string {
    return shownUrl(this.origin, this.path);
  }

  /** A socket that was no real one when the request got it; null for a real one. Weak, because it refers to the response. */
  private suspectSocket: WeakRef<object> | null = null;
  /** True after the request's `'close'`: its socket is gone or serves another request. */
  private isReleased = false;

  /** Called when the request has got its socket. */
  gotSocket(socket: object): void {
    try {
      if (isMockedSocket(socket)) this.suspectSocket = new WeakRef(socket);
    } catch (error) {
      fault(error);
    }
  }

  /** Asked again, because a library that mocks may let the request through later. */
  get mocked(): boolean {
    const { suspectSocket } = this;
    if (suspectSocket === null) return false;
    const socket = suspectSocket.deref();
    return socket === undefined || isMockedSocket(socket);
  }

  override responded(status: number, fields: unknown): void {
    // It was let through. Once its real socket has ended, that can't be seen any more.
    if (this.suspectSocket !== null && !this.mocked) this.suspectSocket = null;
    super.responded(status, fields);
  }

  /** A mock's response holds nothing, so once it was collected there is nothing left of it. */
  override reclaim(): void {
    if (this.mocked) this.finish();
    else super.reclaim();
  }

  override released(): void {
    this.isReleased = true;
    super.released();
  }

  /** Once all bytes are read, their number, which no header need have told: responses to HEAD, and 304, state the length of a body that does not come. */
  override get contentLength(): number {
    return this.complete && this.bytesRead === this.received ? this.received : super.contentLength;
  }

  override finish(): void {
    // Its stack, while nobody has read it, refers to the request itself.
    if (latest === this) latest = null;
    super.finish();
  }

  protected override get freedByLastByte(): boolean {
    return this.isReleased;
  }

  protected override get freedByEmptyBody(): boolean {
    return this.isReleased;
  }
}

/** The request whose response listeners are running: a request they make may follow a redirect. */
let responding: HttpRequest | null = null;

let latest: HttpRequest | null = null;

/** The request that was made last; for listeners that are called right after it was made. */
export function latestRequest(): ForeignRequest | null {
  flushCreation();
  return latest;
}

function siteOf(request: ObservedRequest, below: (...args: never[]) => unknown): Trace | null {
  try {
    const isRedirect = responding !== null && responding.status >= 300 && responding.status < 400;
    return isRedirect ? traceAfterRedirect(responding!.trace, below) : traceOf(ForeignOrigin.of(hostOf(request)), below);
  } catch (error) {
    fault(error);
    return null;
  }
}

function hostOf(request: ObservedRequest): string {
  const header = request.getHeader('host');
  if (typeof header === 'string') return header;
  // Fields that were given as an array are kept as text only.
  return /\r\nhost: *([^\r]+)/i.exec(request._header ?? '')?.[1] ?? request.host;
}

/** The replacements on the classes of Node; null while nothing is observed. */
let patches: Patches | null = null;

/** The class of the latest request and that of the latest response, whose methods are observed. */
let requestClass: object | null = null;
let responseClass: object | null = null;
let classes = new WeakSet();

function made(request: ObservedRequest, site?: Trace | null): void {
  try {
    if (request[REQUEST] !== undefined) return;
    const prototype = Reflect.getPrototypeOf(request);
    if (prototype !== requestClass) {
      observeClass(classWith('onSocket', request), ['emit', observedEmit]);
      requestClass = prototype;
    }
    const host = hostOf(request);
    const trace = site === undefined ? siteOf(request, made) : site;
    request[REQUEST] = latest = new HttpRequest(request, host, trace, ForeignOrigin.of(host));
    // A real request has none yet.
    const socket: object | null | undefined = request.socket;
    if (socket !== null && socket !== undefined) latest.gotSocket(socket);
  } catch (error) {
    fault(error);
  }
}

function observeClass(prototype: object | null, ...methods: [name: string, make: (original: Method) => Replacement][]): void {
  if (prototype === null || classes.has(prototype)) return;
  classes.add(prototype);
  for (const [name, make] of methods) patches?.replace(prototype, name, make);
}

/** Observes all requests of node:http and node:https from now on; returns a function that ends that. */
export function observeNodeHttp(): () => void {
  const ours = (patches = new Patches());
  const stop = observeCreation({ siteOf, made });
  return () => {
    stop();
    ours.undo();
    patches = requestClass = responseClass = null;
    classes = new WeakSet();
  };
}

function observedEmit(original: Method): Replacement {
  return function (this: ObservedRequest, type: string | symbol, response?: unknown): unknown {
    const observed = this[REQUEST];
    // eslint-disable-next-line prefer-rest-params
    if (observed === undefined || observed.finished) return Reflect.apply(original, this, arguments);
    if (type === 'response') {
      const outer = responding;
      try {
        responding = observed;
        respond(observed, response as IncomingMessage);
        // eslint-disable-next-line prefer-rest-params
        return Reflect.apply(original, this, arguments);
      } finally {
        responding = outer;
      }
    }
    if (type === 'socket') observed.gotSocket(response as object);
    if (type === 'close') observed.released();
    // Every other end of a request: it failed, was given up, or its connection changed to another protocol.
    if (observed.status === 0 && (type === 'close' || type === 'error' || type === 'upgrade' || type === 'connect')) observed.finish();
    // eslint-disable-next-line prefer-rest-params
    return Reflect.apply(original, this, arguments);
  };
}

function respond(observed: HttpRequest, response: IncomingMessage): void {
  try {
    const prototype = Reflect.getPrototypeOf(response);
    if (prototype !== responseClass) {
      observeClass(classWith('_dump', response), ['push', observedPush], ['read', observedRead], ['_destroy', observedDestroy]);
      responseClass = prototype;
    }
    observed.responded(response.statusCode ?? 0, response.rawHeaders);
    observed.readFrom(response);
  } catch (error) {
    fault(error);
  }
}

function observedPush(original: Method): Replacement {
  return function (this: ObservedStream, chunk: Uint8Array | null, encoding?: BufferEncoding): unknown {
    const observed = this[REQUEST];
    if (observed === undefined) return original.call(this, chunk, encoding);
    if (chunk !== null) observed.received += chunk.length;
    const result = original.call(this, chunk, encoding);
    if (chunk === null) observed.ended();
    return result;
  };
}

function observedRead(original: Method): Replacement {
  return function (this: ObservedStream, size?: number): unknown {
    const chunk = original.call(this, size);
    const observed = this[REQUEST];
    if (observed !== undefined) observed.wasRead(this, chunk);
    return chunk;
  };
}

function observedDestroy(original: Method): Replacement {
  return function (this: ObservedStream, error: unknown, callback: unknown): unknown {
    const observed = this[REQUEST];
    if (observed !== undefined) observed.finish();
    return original.call(this, error, callback);
  };
}
