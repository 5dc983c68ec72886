/**
 * Owns the observation of `node:http` and `node:https`, and of the clients built on them (axios, got,
 * node-fetch, superagent and others).
 *
 * A request is observed when it is made: by the channel `http.client.request.created`, or by `request` and
 * `get` in versions of Node without that channel. Later events are observed in methods that Node itself
 * calls: `ClientRequest.prototype.emit`, and `push`, `read` and `_destroy` of IncomingMessage. The channel
 * `http.client.response.finish` cannot be used, because it is published when the response headers have come.
 *
 * In node:http a response holds its socket until its `'end'`, also if its body is empty or not read at all:
 * an unread 204 holds its socket like an unread megabyte, unless the connection ends with the response
 * (`Connection: close`, an agent without `keepAlive`). Measured on Node 20, 22, 24 and 26.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import type { Trace } from '../tasks/index.js';
import { traceAfterRedirect, traceOf } from './call-site.js';
import { fault } from './fault.js';
import { ForeignOrigin } from './foreign-origin.js';
import { ForeignRequest, REQUEST, type ObservedStream } from './foreign-request.js';
import { Patches, type Method, type Replacement } from './patch.js';
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

  /** Whether the response has arrived in full with an empty body, so that it holds only its socket. */
  get isEmpty(): boolean {
    return this.complete && this.received === 0;
  }

  /** Responses to HEAD, and 304, state the length of a body that does not come. */
  override get contentLength(): number {
    return this.isEmpty ? 0 : super.contentLength;
  }

  protected override get freedByLastByte(): boolean {
    return false;
  }

  protected override get freedByEmptyBody(): boolean {
    return false;
  }
}

/** The request whose response listeners are running: a request they make may follow a redirect. */
let responding: HttpRequest | null = null;

let latest: HttpRequest | null = null;

/** The request that was made last; for listeners that are called right after it was made. */
export function latestRequest(): ForeignRequest | null {
  return latest;
}

function created(request: ObservedRequest): void {
  try {
    if (request[REQUEST] !== undefined) return;
    const header = request.getHeader('host');
    const host = typeof header === 'string' ? header : request.host;
    const origin = ForeignOrigin.of(host);
    const isRedirect = responding !== null && responding.status >= 300 && responding.status < 400;
    const trace = isRedirect ? traceAfterRedirect(responding!.trace, created) : traceOf(origin, created);
    request[REQUEST] = latest = new HttpRequest(request, host, trace, origin);
  } catch (error) {
    fault(error);
  }
}

function onCreated(message: unknown): void {
  created((message as { request: ObservedRequest }).request);
}

/** Whether Node publishes `http.client.request.created`: since 22.12 and 23.2. */
function publishesCreated(): boolean {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > 23 || (major === 23 && minor >= 2) || (major === 22 && minor >= 12);
}

/** Observes all requests of node:http and node:https from now on; returns a function that ends that. */
export function observeNodeHttp(): () => void {
  const patches = new Patches();
  patches.replace(http.ClientRequest.prototype, 'emit', observedEmit);
  patches.replace(http.IncomingMessage.prototype, 'push', observedPush);
  patches.replace(http.IncomingMessage.prototype, 'read', observedRead);
  patches.replace(http.IncomingMessage.prototype, '_destroy', observedDestroy);
  const channel = publishesCreated() ? 'http.client.request.created' : 'http.client.request.start';
  subscribe(channel, onCreated);
  if (channel === 'http.client.request.start') {
    // `request` and `get` show a request when it is made; this channel, published later, is for direct calls of `new ClientRequest()`.
    for (const module of [http, https]) for (const name of ['request', 'get']) patches.replace(module, name, observedCall);
    syncBuiltinESMExports();
  }
  return () => {
    unsubscribe(channel, onCreated);
    patches.undo();
    syncBuiltinESMExports();
  };
}

function observedCall(original: Method): Replacement {
  return function (this: unknown): unknown {
    // eslint-disable-next-line prefer-rest-params -- passed on as they came
    const request: unknown = Reflect.apply(original, this, arguments);
    if (request instanceof http.ClientRequest) created(request);
    return request;
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
    // The socket is closed, and an empty response has nothing left to read.
    if (type === 'close' && observed.isEmpty) observed.finish();
    // Every other end of a request: it failed, was given up, or its connection changed to another protocol.
    if (observed.status === 0 && (type === 'close' || type === 'error' || type === 'upgrade' || type === 'connect')) observed.finish();
    // eslint-disable-next-line prefer-rest-params
    return Reflect.apply(original, this, arguments);
  };
}

function respond(observed: HttpRequest, response: IncomingMessage): void {
  try {
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
