/** Owns the client, Go's `http.Client`: it follows redirects, keeps cookies and limits the time of a request. */
/* eslint-disable @typescript-eslint/unbound-method -- methods only mark where a stack begins here; nobody calls them unbound */
import { captureTrace, now, type Trace } from '../tasks/index.js';
import { callAwaited, Request, type BodyInit, type RequestInit, type Response } from '../conn/index.js';
import { defaultTransport, Transport, type RequestLike, type RoundTripper } from '../transport/index.js';
import { INSPECT, inspectAs, RequestError, show, type Inspect } from '../wire/index.js';
import { Budget } from './budget.js';
import { RedirectError } from './error.js';
import { isRedirect, redirectOf } from './redirect.js';

/** A store of cookies, such as the `CookieJar` of the package `tough-cookie`. If a method throws, the request fails with a HookError (`ERR_HOOK`), whose `cause` is what it threw. */
export interface CookieJar {
  /** The cookies for a URL, as the value of the Cookie header; '' if there are none. */
  getCookieString(url: string): string | PromiseLike<string>;
  /** Stores one `Set-Cookie` value that came from the URL. */
  setCookie(cookie: string, url: string, options?: { ignoreError?: boolean }): unknown;
}

/** Options of a client. Only own properties are read. */
export interface ClientOptions {
  /** What makes the requests. Default: `defaultTransport`, which all such clients share. */
  readonly transport?: RoundTripper;
  /**
   * Called before a redirect is followed, with the next request and those before
   * it, oldest first; awaited. If it returns false, the redirect itself is the
   * response (Go's `ErrUseLastResponse`); if it throws, the request fails with a
   * HookError (`ERR_HOOK`), whose `cause` is what it threw. Default: a RedirectError after ten requests, as in Go.
   */
  readonly checkRedirect?: (request: Request, via: readonly Request[]) => unknown;
  /** Cookies are taken from it and stored in it. Default: none. */
  readonly jar?: CookieJar;
  /** Milliseconds for a request with its redirects, `checkRedirect`, the jar and its body, all together; a request's own `timeout` goes before it. Default: 0, no limit. Go's `Client.Timeout`. */
  readonly timeout?: number;
  /** Further headers that are not sent to another origin after a redirect, such as `X-Api-Key`. Default: none; credentials and cookies never are. */
  readonly sensitiveHeaders?: Iterable<string>;
}

type Entry = (...args: never[]) => unknown;

/** Go's `defaultCheckRedirect`. */
const MAX_REDIRECTS = 10;

/** What is read of a redirect's body to save the connection: Go's `maxBodySlurpSize`. */
const SLURP = 2048;

/** Makes requests through a transport. It holds no connections itself, so there may be many clients. */
export class Client {
  private readonly transport: RoundTripper;
  private readonly checkRedirect: ClientOptions['checkRedirect'];
  private readonly jar: CookieJar | undefined;
  private readonly timeout: number;
  private readonly sensitive: ReadonlySet<string>;

  /** @throws RequestError (`ERR_INVALID_OPTION`) */
  constructor(options: ClientOptions = {}) {
    const own = { __proto__: null, ...options } as ClientOptions;
    this.transport = own.transport ?? defaultTransport;
    if (typeof (this.transport as Partial<RoundTripper>).roundTrip !== 'function') throw new RequestError('ERR_INVALID_OPTION', 'transport has a method roundTrip(request); make one with new Transport()');
    this.checkRedirect = own.checkRedirect;
    if (own.checkRedirect !== undefined && typeof own.checkRedirect !== 'function') throw new RequestError('ERR_INVALID_OPTION', `checkRedirect is a function, not ${show(own.checkRedirect)}`);
    this.jar = own.jar;
    if (own.jar !== undefined && (typeof (own.jar as Partial<CookieJar> | null)?.getCookieString !== 'function' || typeof own.jar.setCookie !== 'function')) throw new RequestError('ERR_INVALID_OPTION', `jar has the methods getCookieString and setCookie, as the CookieJar of tough-cookie, not ${show(own.jar)}`);
    this.timeout = own.timeout ?? 0;
    if (typeof this.timeout !== 'number' || !(this.timeout >= 0)) throw new RequestError('ERR_INVALID_OPTION', `timeout is a number of milliseconds, 0 for none, not ${show(own.timeout)}`);
    this.sensitive = sensitiveNames(own.sensitiveHeaders);
  }

  /** Makes a request and follows its redirects. Resolves with the response, whatever its status. Rejects as `Transport.roundTrip` does, or with a RedirectError; a HookError may also come from `checkRedirect` or the jar. */
  do(request: RequestLike): Promise<Response> {
    const trace = this.traceOf(Client.prototype.do);
    return new Promise((resolve, reject) => {
      const checked = request instanceof Request ? request : new Request(request.url, request);
      checked.entry ??= Client.prototype.do;
      checked.callSite ??= trace;
      this.run(checked, resolve, reject);
    });
  }

  /** @internal What `get`, `post` and the others do. `entry` is the function that the program called. */
  send(method: string | null, url: string | URL, body: BodyInit | null, init: RequestInit | null | undefined, entry: Entry): Promise<Response> {
    const trace = this.traceOf(entry);
    return new Promise((resolve, reject) => {
      let request: Request;
      if (body !== null) request = new Request(url, { ...init, method: method ?? 'POST', body });
      else if (method === null) request = new Request(url, init);
      else if (method === 'GET' && (init === undefined || init === null)) request = new Request(url);
      else request = new Request(url, { ...init, method });
      request.entry = entry;
      request.callSite = trace;
      this.run(request, resolve, reject);
    });
  }

  /**
   * Where every call site is recorded, it is here, at the entry: the engine's
   * price for a stack goes by what it has inlined into the frames on it, and a
   * few calls further in it is four times as high (docs/performance.md).
   *
   * @internal
   */
  traceOf(entry: Entry): Trace | null {
    return this.transport instanceof Transport && this.transport.tracksAll ? captureTrace(entry) : null;
  }

  /** GET. Resolves and rejects as `do`. */
  get(url: string | URL, init?: RequestInit | null): Promise<Response> {
    return this.send('GET', url, null, init, Client.prototype.get);
  }

  /** HEAD: the response has no body. Resolves and rejects as `do`. */
  head(url: string | URL, init?: RequestInit | null): Promise<Response> {
    return this.send('HEAD', url, null, init, Client.prototype.head);
  }

  /** POST of a body. Its Content-Type follows from its kind, unless `init.headers` has one. Resolves and rejects as `do`. */
  post(url: string | URL, body: BodyInit | null, init?: RequestInit | null): Promise<Response> {
    return this.send('POST', url, body, init, Client.prototype.post);
  }

  /** POST of fields as `application/x-www-form-urlencoded`. Resolves and rejects as `do`. */
  postForm(url: string | URL, fields: FormFields, init?: RequestInit | null): Promise<Response> {
    return new Promise((resolve) => {
      resolve(this.send('POST', url, formOf(fields), init, Client.prototype.postForm));
    });
  }

  request(url: string | URL, init?: RequestInit | null): Promise<Response> {
    return this.send(null, url, null, init, Client.prototype.request);
  }

  /** Closes the transport's idle connections, if it has any. */
  closeIdleConnections(): void {
    (this.transport as Partial<Transport>).closeIdleConnections?.();
  }

  /**
   * `await using client = new Client({ transport })` closes the transport that the
   * client was given, as `transport.close()` does; a RoundTripper of another kind is
   * closed by its own `Symbol.asyncDispose`, if it has one. Of the transport that all
   * clients without one share, only the idle connections are closed. To share a
   * transport of your own among clients, close it yourself instead.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.transport === defaultTransport) this.closeIdleConnections();
    else await (this.transport as Partial<AsyncDisposable>)[Symbol.asyncDispose]?.();
  }

  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const { transport, timeout } = this;
    return inspectAs('Client', { transport, timeout }, options, inspect);
  }

  private run(request: Request, resolve: (response: Response) => void, reject: (error: unknown) => void): void {
    const { transport } = this;
    const startedAt = request.timeout > 0 || this.timeout > 0 ? now() : 0;
    if (this.jar !== undefined || request.timeout === 0 && this.timeout > 0 || !(transport instanceof Transport)) {
      this.runSlowly(request, startedAt).then(resolve, (error: unknown) => {
        // A jar that fails, or a RoundTripper that throws, comes before the transport that would release it.
        request.body?.release(error);
        reject(error);
      });
      return;
    }
    // One promise and no async function for a request that is not redirected.
    transport.dispatch(
      request,
      (response) => {
        if (isRedirect(response.status)) this.follow(request, response, new Budget(request, startedAt)).then(resolve, reject);
        else resolve(response);
      },
      reject,
    );
  }

  /** @internal One round trip for `fetch`, with the jar and what is left of the time; a redirect is the response. */
  hop(request: Request, startedAt: number, resolve: (response: Response) => void, reject: (error: unknown) => void): void {
    const { transport } = this;
    if (this.jar === undefined && transport instanceof Transport) {
      transport.dispatch(request, resolve, reject);
      return;
    }
    this.roundTrip(request, new Budget(request, startedAt)).then(resolve, (error: unknown) => {
      request.body?.release(error);
      reject(error);
    });
  }

  /** @internal */
  get limit(): number {
    return this.timeout;
  }

  private async runSlowly(request: Request, startedAt: number): Promise<Response> {
    let first = request;
    if (request.timeout === 0 && this.timeout > 0) {
      first = new Request(request, { timeout: this.timeout });
      first.sameCall(request);
    }
    const budget = new Budget(first, startedAt);
    const response = await this.roundTrip(first, budget);
    return isRedirect(response.status) ? this.follow(first, response, budget) : response;
  }

  /** One hop. */
  private async roundTrip(request: Request, budget: Budget): Promise<Response> {
    const { transport } = this;
    let sent = request;
    // A cookie belongs to a host, and a Unix socket is none.
    const jar = request.target.origin.socketPath === null ? this.jar : undefined;
    if (jar !== undefined) {
      try {
        sent = await this.withCookies(request, jar, budget);
      } catch (error) {
        request.body?.release(error);
        throw error;
      }
    }
    // Our own transport keeps to the time and the signal of a request; the program's may not.
    const response = await (transport instanceof Transport ? transport.roundTrip(sent) : budget.wait(transport.roundTrip(sent), 'waiting for headers', closeLate));
    if (jar !== undefined) {
      try {
        for (const cookie of response.headers.getSetCookie()) await budget.wait(callAwaited('jar.setCookie', () => jar.setCookie(cookie, request.url, { ignoreError: true })), 'waiting for the cookie jar');
      } catch (error) {
        await response.close();
        throw error;
      }
    }
    return response;
  }

  private async withCookies(request: Request, jar: CookieJar, budget: Budget): Promise<Request> {
    const cookies = await budget.wait(callAwaited('jar.getCookieString', () => jar.getCookieString(request.url)), 'waiting for the cookie jar');
    const timeout = budget.left('waiting for the cookie jar');
    if (cookies === '' && timeout === request.timeout) return request;
    const { headers } = request;
    if (cookies !== '') {
      const own = headers.get('cookie');
      headers.set('Cookie', own === null ? cookies : `${own}; ${cookies}`);
    }
    const sent = new Request(request, { headers, timeout });
    sent.sameCall(request);
    return sent;
  }

  private async follow(first: Request, firstResponse: Response, budget: Budget): Promise<Response> {
    const via: Request[] = [];
    let request = first;
    let response = firstResponse;
    while (request.redirect !== 'manual') {
      let next: Request | null;
      try {
        next = this.nextRequest(first, request, response, budget.left('waiting for checkRedirect'));
      } catch (error) {
        await response.body.close();
        throw error;
      }
      if (next === null) break;
      via.push(request);
      let allowed: unknown;
      try {
        allowed = await budget.wait(this.allows(next, via), 'waiting for checkRedirect');
      } catch (error) {
        await dropBody(response);
        throw error;
      }
      if (allowed === false) break;
      await dropBody(response);
      next.leaveTime(budget.left('waiting for checkRedirect'));
      request = next;
      response = await this.roundTrip(next, budget);
      if (!isRedirect(response.status)) break;
    }
    return response;
  }

  private nextRequest(first: Request, request: Request, response: Response, left: number): Request | null {
    const { body } = request;
    const redirect = redirectOf({
      status: response.status,
      response: response.headers,
      method: request.method,
      url: request.urlThere,
      headers: request.headers,
      explicitReferer: first.ownHeaders?.get('referer') ?? null,
      hasBody: body !== null,
      replayable: body === null || body.replayable,
      sensitive: this.sensitive,
    });
    if (redirect === null) return null;
    if (request.redirect === 'error') throw new RedirectError('ERR_REDIRECTED', `${request.method} ${request.shownUrl} was redirected (${response.status}), and the request says redirect: 'error'`);
    const next = request.redirected(redirect, left);
    next.sameCall(request);
    return next;
  }

  private async allows(next: Request, via: readonly Request[]): Promise<unknown> {
    if (this.checkRedirect !== undefined) return callAwaited('checkRedirect', () => this.checkRedirect!(next, via));
    if (via.length >= MAX_REDIRECTS) throw new RedirectError('ERR_TOO_MANY_REDIRECTS', `stopped after ${MAX_REDIRECTS} redirects, at ${next.shownUrl}`);
    return true;
  }
}

function sensitiveNames(value: unknown): ReadonlySet<string> {
  if (value === undefined || value === null) return new Set();
  if (typeof value !== 'object' || !(Symbol.iterator in value)) throw new RequestError('ERR_INVALID_OPTION', `sensitiveHeaders is a list of header names, such as ['X-Api-Key'], not ${show(value)}`);
  const names = new Set<string>();
  for (const name of value as Iterable<unknown>) {
    if (typeof name !== 'string') throw new RequestError('ERR_INVALID_OPTION', `sensitiveHeaders holds ${show(name)}, not the name of a header`);
    names.add(name.toLowerCase());
  }
  return names;
}

/** What `postForm` takes: fields in order, or a record. */
export type FormFields = URLSearchParams | Iterable<readonly [string, string]> | Readonly<Record<string, string>>;

function formOf(fields: FormFields): URLSearchParams {
  if (typeof fields !== 'object' || fields === null) throw new RequestError('ERR_INVALID_BODY', `postForm() takes the fields as URLSearchParams, pairs or a record, not ${show(fields)}`);
  return fields instanceof URLSearchParams ? fields : new URLSearchParams(fields as Record<string, string>);
}

/** The program's RoundTripper has answered after the call had ended. */
function closeLate(response: Response): void {
  void response.close();
}

/** Go reads a short body, so that the connection is reused, and closes any other. */
export function dropBody({ contentLength, body }: Response): Promise<void> {
  return contentLength > SLURP ? body.close() : body.drain(SLURP);
}
