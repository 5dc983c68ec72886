/** Owns the default client, which `get`, `post` and the other functions use, as in Go. */
import type { BodyInit, RequestInit, Response } from '../conn/index.js';
import { Client, type FormFields } from './client.js';

/** A client over `defaultTransport`. */
export const defaultClient = new Client();

/**
 * GET. Resolves with the response as soon as its head has come. The body must be
 * read to EOF or closed, best by `await using res = await get(url)`. A status such
 * as 400 or 500 is a response, not an error.
 *
 * @returns rejects with a RequestError, DialError, ConnectionError, ProtocolError,
 * TimeoutError, RequestBodyError, HookError, TransportError or RedirectError, or with the signal's reason.
 */
export function get(url: string | URL, init?: RequestInit | null): Promise<Response> {
  return defaultClient.send('GET', url, null, init, get);
}

/** HEAD: the response has no body. Otherwise as `get`. */
export function head(url: string | URL, init?: RequestInit | null): Promise<Response> {
  return defaultClient.send('HEAD', url, null, init, head);
}

/** POST of a body. Its Content-Type follows from its kind, unless `init.headers` has one. Otherwise as `get`. */
export function post(url: string | URL, body: BodyInit | null, init?: RequestInit | null): Promise<Response> {
  return defaultClient.send('POST', url, body, init, post);
}

/** POST of fields as `application/x-www-form-urlencoded`. Otherwise as `get`. */
export function postForm(url: string | URL, fields: FormFields, init?: RequestInit | null): Promise<Response> {
  return defaultClient.postForm(url, fields, init);
}

/** Any method: `init.method`, GET by default. Otherwise as `get`. */
export function request(url: string | URL, init?: RequestInit | null): Promise<Response> {
  return defaultClient.send(null, url, null, init, request);
}

/** Closes the idle connections of `defaultTransport`: see `Transport.closeIdleConnections`. */
export function closeIdleConnections(): void {
  defaultClient.closeIdleConnections();
}
