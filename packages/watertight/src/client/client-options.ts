/** Owns the options of a client: their meanings, and the check of what a program passes. */
import type { Request } from '../conn/index.js';
import type { RoundTripper } from '../transport/index.js';
import { RequestError, show } from '../wire/index.js';

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
  readonly transport?: RoundTripper | null;
  /**
   * Called before a redirect is followed, with the next request and those before
   * it, oldest first; awaited. If it returns `useLastResponse` (Go's
   * `ErrUseLastResponse`) or false, the redirect itself is the response, its body
   * unread; if it throws, the request fails with a HookError (`ERR_HOOK`), whose
   * `cause` is what it threw. Default: a RedirectError after ten requests, as in Go.
   */
  readonly checkRedirect?: ((request: Request, via: readonly Request[]) => unknown) | null;
  /**
   * Cookies are taken from it and stored in it. A Cookie header of the request is sent
   * besides; what a redirect sets is not sent from it any more, as in Go. Default: none.
   */
  readonly jar?: CookieJar | null;
  /** Milliseconds for a request with its redirects, `checkRedirect`, the jar and its body, all together; a request's own `timeout` goes before it. Default: 0, no limit. Go's `Client.Timeout`. */
  readonly timeout?: number | null;
  /** Further headers that are not sent to another origin after a redirect, such as `X-Api-Key`. Default: none; credentials and cookies never are. */
  readonly sensitiveHeaders?: Iterable<string> | null;
}

/** The options, checked; null where there are none. */
export interface CheckedOptions {
  readonly transport: RoundTripper | null;
  readonly checkRedirect: NonNullable<ClientOptions['checkRedirect']> | null;
  readonly jar: CookieJar | null;
  readonly timeout: number;
  /** Names in lower case. */
  readonly sensitive: ReadonlySet<string>;
}

/** @throws RequestError (`ERR_INVALID_OPTION`) that names the option, the value and the rule */
export function checkOptions(options: ClientOptions): CheckedOptions {
  if (typeof options !== 'object' || options === null) throw invalid(`the options of a client are an object, not ${show(options)}`);
  const own = { __proto__: null, ...options } as ClientOptions;
  const { transport = null, checkRedirect = null, jar = null, sensitiveHeaders = null } = own;
  const timeout: unknown = own.timeout ?? 0;
  if (transport !== null && !hasMethods(transport, 'roundTrip')) throw invalid(`transport has a method roundTrip(request), which ${show(transport)} has not; make one with new Transport()`);
  if (checkRedirect !== null && typeof checkRedirect !== 'function') throw invalid(`checkRedirect is a function, not ${show(checkRedirect)}`);
  if (jar !== null && !hasMethods(jar, 'getCookieString', 'setCookie')) throw invalid(`jar has the methods getCookieString(url) and setCookie(cookie, url), which ${show(jar)} has not; make one with new CookieJar() of tough-cookie`);
  if (typeof timeout !== 'number' || !(timeout >= 0)) throw invalid(`timeout is a number of milliseconds, 0 for none, not ${show(timeout)}`);
  return { transport, checkRedirect, jar, timeout, sensitive: namesOf(sensitiveHeaders) };
}

function namesOf(given: unknown): ReadonlySet<string> {
  if (given === null) return new Set();
  // A string is a list of its letters to `for … of`.
  if (typeof given !== 'object' || !(Symbol.iterator in given)) throw invalid(`sensitiveHeaders is a list of header names, such as ['X-Api-Key'], not ${show(given)}`);
  const names = new Set<string>();
  for (const name of given as Iterable<unknown>) {
    if (typeof name !== 'string') throw invalid(`sensitiveHeaders holds ${show(name)}, which is not a header name`);
    names.add(name.toLowerCase());
  }
  return names;
}

function hasMethods(value: unknown, ...names: string[]): boolean {
  return (typeof value === 'object' || typeof value === 'function') && names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}

function invalid(message: string): RequestError {
  return new RequestError('ERR_INVALID_OPTION', message);
}
