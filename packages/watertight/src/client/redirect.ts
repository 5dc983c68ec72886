/** Owns the decision which request follows a redirect, as a pure function. */
import { show, type Headers } from '../wire/index.js';
import { RedirectError } from './error.js';

/** What the decision depends on: facts about the request and the response. */
export interface RedirectInput {
  readonly status: number;
  /** The response's headers. */
  readonly response: Headers;
  readonly method: string;
  /** Without user and password. */
  readonly url: string;
  /** A copy, to be changed. */
  readonly headers: Headers;
  /** The Authorization that was made of the user and password of a URL on the way, if any. */
  readonly urlAuthorization: string | null;
  /** The Referer that the program set on the first request. */
  readonly explicitReferer: string | null;
  readonly hasBody: boolean;
  readonly replayable: boolean;
  /** Names in lower case, besides the usual ones, that do not leave their origin. */
  readonly sensitive: ReadonlySet<string>;
}

/** The request that follows. */
export interface Redirect {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly keepBody: boolean;
}

/** A Location that is a whole URL, or begins with a host. */
const ABSOLUTE = /^(?:[a-z][a-z\d+.-]*:|\/\/)/i;

/** Headers that say who asks: they are not sent to another origin. */
const CREDENTIALS = ['authorization', 'www-authenticate', 'cookie', 'cookie2', 'proxy-authorization', 'proxy-authenticate'];

/** Headers that describe a body. */
const CONTENT = ['content-length', 'content-type', 'content-encoding', 'content-language', 'content-location', 'expect'];

/**
 * The request that follows, or null if the response is given to the program as
 * it is: it is no redirect, has no Location, or needs a body that can't be sent
 * again. The rules are those of Go's `redirectBehavior`, `makeHeadersCopier` and
 * `refererForURL`; unlike Go, credentials never go to another port or a subdomain.
 *
 * @throws RedirectError (`ERR_REDIRECT_LOCATION`)
 */
export function redirectOf(input: RedirectInput): Redirect | null {
  const { status } = input;
  // Go: responses without a Location have been seen in the wild, and are no error.
  if ((input.response.get('location') ?? '') === '') return null;
  let { method } = input;
  // A proxy's redirect would be another server's answer to what was meant for the origin.
  if (method === 'CONNECT') return null;
  let keepBody = input.hasBody;
  switch (status) {
    case 301:
    case 302:
    case 303:
      if (method !== 'GET' && method !== 'HEAD') method = 'GET';
      keepBody = false;
      break;
    case 307:
    case 308:
      if (input.hasBody && !input.replayable) return null;
      break;
    default:
      return null;
  }
  const url = resolve(locationOf(input.response), input.url);
  return { url, method, keepBody, headers: headersFor(input, url, keepBody) };
}

/**
 * Takes the cookies that a response sets, or ends, out of the program's own Cookie
 * field, so that the jar has the say about them (Go's `makeHeadersCopier`).
 */
export function withoutCookies(headers: Headers, setCookies: readonly string[]): void {
  const own = headers.get('cookie');
  if (own === null || setCookies.length === 0) return;
  const names = new Set(setCookies.map(cookieName));
  const pairs = own.split(';').filter((pair) => pair.trim() !== '');
  const left = pairs.filter((pair) => !names.has(cookieName(pair)));
  if (left.length === pairs.length) return;
  if (left.length === 0) headers.delete('cookie');
  else headers.set('Cookie', left.map((pair) => pair.trim()).join('; '));
}

/** Of `name=value`, whatever attributes follow. */
function cookieName(pair: string): string {
  return pair.split(/[=;]/, 1)[0].trim();
}

/** Where the response points to. Two fields that say the same are one (RFC 9110 section 5.3). */
function locationOf(response: Headers): string {
  try {
    return response.getSingle('location') ?? '';
  } catch (cause) {
    throw new RedirectError('ERR_REDIRECT_LOCATION', `the server redirects to more than one place: ${(cause as Error).message}`);
  }
}

/** Whether the status is one that a Location is followed for. */
export function isRedirect(status: number): boolean {
  return status >= 301 && status <= 308 && (status <= 303 || status >= 307);
}

/**
 * Fields are bytes, and so is a path: the bytes beyond ASCII are encoded as they
 * are, whatever they mean to the server.
 *
 * @throws TypeError for what is no URL
 */
export function locationUrl(location: string, base: string | URL): URL {
  return new URL(location.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`), base);
}

function resolve(location: string, base: string): URL {
  let url: URL;
  try {
    url = locationUrl(location, base);
  } catch (cause) {
    throw new RedirectError('ERR_REDIRECT_LOCATION', `the server redirects to ${show(location)}, which is not a URL`, { cause: (cause as Error).name });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new RedirectError('ERR_REDIRECT_LOCATION', `the server redirects to a URL with the scheme ${show(url.protocol.slice(0, -1))}; only http and https are followed`);
  return url;
}

function headersFor({ url: from, response, headers, urlAuthorization, explicitReferer, sensitive }: RedirectInput, to: URL, keepBody: boolean): Headers {
  const origin = new URL(from);
  // Go: a Host that the program has set names the place where it is; a Location with a place of its own says another.
  if (ABSOLUTE.test(response.get('location') ?? '')) headers.delete('host');
  // A user in the Location takes the place of the URL's before, but not of a field that the program has set.
  if (to.username + to.password !== '' && headers.get('authorization') === urlAuthorization) headers.delete('authorization');
  if (!keepBody) for (const name of CONTENT) headers.delete(name);
  if (origin.origin !== to.origin) {
    for (const name of CREDENTIALS) headers.delete(name);
    for (const name of sensitive) headers.delete(name);
    headers.delete('host');
  }
  // Go sends the last URL, but nothing from https to http; ours never has user, password or fragment.
  if (origin.protocol === 'https:' && to.protocol === 'http:') headers.delete('referer');
  else headers.set('Referer', explicitReferer ?? from);
  return headers;
}
