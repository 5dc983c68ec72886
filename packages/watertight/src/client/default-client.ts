/** Owns the client behind `get`, `post` and the other functions: one for the process, as in Go. */
import type { BodyInit, RequestInit, Response } from '../conn/index.js';
import { Client, type FormFields } from './client.js';

/** A client over `defaultTransport`. */
export const defaultClient = new Client();

/**
 * GET. The response is here as soon as its head is; its body must be read to
 * EOF or closed, best by `await using res = await get(url)`. A status of 400
 * or 500 is a response, not an error.
 *
 * Rejects with a RequestError, DialError, ConnectionError, ProtocolError,
 * TimeoutError, TransportError or RedirectError, or with the signal's reason.
 */
export function get(url: string | URL, init?: RequestInit | null): Promise<Response> {
  return defaultClient.send('GET', url, null, init, get);
}

/** HEAD: the response has no body. Otherwise as `get`. */
export function head(url: string | URL, init?: RequestInit | null): Promise<Response> {
  return defaultClient.send('HEAD', url, null, init, head);
}

/** POST of a body; its Content-Type is set from its kind unless `init.headers` has one. Otherwise as `get`. */
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

/** Closes the idle connections of `defaultTransport`; busy ones end when they would become idle, until the next request. */
export function closeIdleConnections(): void {
  defaultClient.closeIdleConnections();
}
