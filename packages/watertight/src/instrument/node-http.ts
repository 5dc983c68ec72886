/**
 * Owns the observation of `node:http` and `node:https`, and so of axios, got,
 * node-fetch, superagent and whatever else is made of them.
 *
 * A request is seen where it is made: by the channel
 * `http.client.request.created`, or, in the versions of Node that do not have
 * it, in `request` and `get`. What follows is seen in the methods that Node
 * itself calls: `ClientRequest.prototype.emit` and `push`, `read` and
 * `_destroy` of IncomingMessage. The channel `http.client.response.finish` is
 * of no use: it fires with the response's head.
 *
 * In node:http a response holds its socket until its `'end'`, be its body read
 * to the last byte, never begun, or empty: an unread 204 keeps its socket as an
 * unread megabyte does, unless the connection ends with it (`Connection:
 * close`, an agent without `keepAlive`). Measured on Node 20, 22, 24 and 26.
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

  /** What came with an empty body holds nothing but its socket. */
  get isEmpty(): boolean {
    return this.complete && this.received === 0;
  }

  /** HEAD and 304 name the length of a body that does not come. */
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

/** The request whose response's listeners are running: what they send may be a redirect being followed. */
let responding: HttpRequest | null = null;

let latest: HttpRequest | null = null;

/** The request that was made last: for who is told of it right after that. */
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

/** Whether `http.client.request.created` is published: since 22.12 and 23.2. */
function publishesCreated(): boolean {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > 23 || (major === 23 && minor >= 2) || (major === 22 && minor >= 12);
}

/** Observes all requests of node:http and node:https from now on; returns what ends that. */
export function observeNodeHttp(): () => void {
  const patches = new Patches();
  patches.replace(http.ClientRequest.prototype, 'emit', observedEmit);
  patches.replace(http.IncomingMessage.prototype, 'push', observedPush);
  patches.replace(http.IncomingMessage.prototype, 'read', observedRead);
  patches.replace(http.IncomingMessage.prototype, '_destroy', observedDestroy);
  const channel = publishesCreated() ? 'http.client.request.created' : 'http.client.request.start';
  subscribe(channel, onCreated);
  if (channel === 'http.client.request.start') {
    // Here the channel is for those who call `new ClientRequest()` themselves.
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
    // Its socket is closed: an empty response has nothing left that anybody could read or hold.
    if (type === 'close' && observed.isEmpty) observed.finish();
    // Whatever ends the request otherwise: it failed, was given up, or its connection is another protocol's now.
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
