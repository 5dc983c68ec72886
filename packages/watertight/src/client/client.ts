/** Owns the client, Go's `http.Client`: it follows redirects, keeps cookies and limits the time of a request. */
/* eslint-disable @typescript-eslint/unbound-method -- methods only mark where a stack begins here; nobody calls them unbound */
import { captureTrace, messageOf, now, type Trace } from '../tasks/index.js';
import { callAwaited, checkInit, Request, type BodyInit, type RequestInit, type Response } from '../conn/index.js';
import { defaultTransport, toRequest, Transport, type RequestLike, type RoundTripper } from '../transport/index.js';
import { INSPECT, inspectAs, RequestError, show, type Inspect } from '../wire/index.js';
import { Budget } from './budget.js';
import { checkOptions, type CheckedOptions, type ClientOptions, type CookieJar } from './client-options.js';
import { closeLate, dropBody } from './dropped-body.js';
import { RedirectError } from './error.js';
import { isRedirect, redirectOf, withoutCookies } from './redirect.js';
import { RetryingTransport } from './retry.js';

type Entry = (...args: never[]) => unknown;

/** What `checkRedirect` returns if the redirect itself is to be the response, its body unread: Go's `ErrUseLastResponse`. */
export const useLastResponse: unique symbol = Symbol('useLastResponse');

/** Go's `defaultCheckRedirect`. */
const MAX_REDIRECTS = 10;

/** Makes requests through a transport. It holds no connections itself, so there may be many clients. */
export class Client {
  private readonly transport: RoundTripper;
  private readonly checkRedirect: CheckedOptions['checkRedirect'];
  private readonly jar: CookieJar | null;
  private readonly timeout: number;
  private readonly sensitive: ReadonlySet<string>;

  /** @throws RequestError (`ERR_INVALID_OPTION`) */
  constructor(options: ClientOptions = {}) {
    const { transport, checkRedirect, jar, timeout, sensitive } = checkOptions(options);
    this.transport = transport ?? defaultTransport;
    this.checkRedirect = checkRedirect;
    this.jar = jar;
    this.timeout = timeout;
    this.sensitive = sensitive;
  }

  /** Makes a request and follows its redirects. Resolves with the response, whatever its status. Rejects as `Transport.roundTrip` does, or with a RedirectError; a HookError may also come from `checkRedirect` or the jar. */
  do(request: RequestLike): Promise<Response> {
    const trace = this.traceOf(Client.prototype.do);
    return new Promise((resolve, reject) => {
      const checked = toRequest(request);
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
      checkInit(init, body);
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

  /** Makes a request with `init.method` (default: GET) and follows redirects as Go's `Client.Do` does. Resolves when the head of the response has come. */
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

  /** What `console.log` and `util.inspect` show. */
  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const { transport, timeout } = this;
    return inspectAs('Client', { transport, timeout }, options, inspect);
  }

  private run(request: Request, resolve: (response: Response) => void, reject: (error: unknown) => void): void {
    const { transport } = this;
    const startedAt = request.timeout > 0 || this.timeout > 0 ? now() : 0;
    if (this.jar !== null || request.timeout === 0 && this.timeout > 0 || !(transport instanceof Transport)) {
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
    if (this.jar === null && transport instanceof Transport) {
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
    const jar = request.target.origin.socketPath === null ? this.jar : null;
    if (jar !== null) {
      try {
        sent = await this.withCookies(request, jar, budget);
      } catch (error) {
        request.body?.release(error);
        throw error;
      }
    }
    // Our own keep to the time and the signal of a request; the program's may not.
    const response = await (transport instanceof Transport || transport instanceof RetryingTransport ? transport.roundTrip(sent) : budget.wait(transport.roundTrip(sent), 'waiting for headers', closeLate));
    if (jar !== null) {
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
      if (allowed === false || allowed === useLastResponse) break;
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
      urlAuthorization: request.target.authorization ?? first.target.authorization,
      explicitReferer: first.ownHeaders?.get('referer') ?? null,
      hasBody: body !== null,
      replayable: body === null || body.replayable,
      sensitive: this.sensitive,
    });
    if (redirect === null) return null;
    if (request.redirect === 'error') throw new RedirectError('ERR_REDIRECTED', `${request.method} ${request.shownUrl} was redirected (${response.status}), and the request says redirect: 'error'`);
    // Go: a cookie that the response sets is the jar's from then on, whatever the program's own field said of it.
    if (this.jar !== null) withoutCookies(redirect.headers, response.headers.getSetCookie());
    const next = request.redirected(redirect, left);
    next.sameCall(request);
    return next;
  }

  private async allows(next: Request, via: readonly Request[]): Promise<unknown> {
    if (this.checkRedirect !== null) return callAwaited('checkRedirect', () => this.checkRedirect!(next, via));
    if (via.length >= MAX_REDIRECTS) throw new RedirectError('ERR_TOO_MANY_REDIRECTS', `stopped after ${MAX_REDIRECTS} redirects, at ${next.shownUrl}`);
    return true;
  }
}

/** What `postForm` takes: fields in order, or a record. */
export type FormFields = URLSearchParams | Iterable<readonly [string, string]> | Readonly<Record<string, string>>;

function formOf(fields: FormFields): URLSearchParams {
  if (typeof fields !== 'object' || fields === null) throw new RequestError('ERR_INVALID_BODY', `postForm() takes the fields as URLSearchParams, pairs or a record, not ${show(fields)}`);
  if (fields instanceof URLSearchParams) return fields;
  try {
    return new URLSearchParams(fields as Record<string, string>);
  } catch (cause) {
    throw new RequestError('ERR_INVALID_BODY', `postForm() takes the fields as URLSearchParams, pairs or a record, and can't make text of these: ${messageOf(cause)}`, { cause });
  }
}
