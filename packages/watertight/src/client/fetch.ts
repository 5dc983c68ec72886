/** Owns a `fetch` with the signature of the platform's, made with the default client. */
import type { BodyInit as OurBody, RequestInit as OurInit, Response as OurResponse } from '../conn/index.js';
import { defaultClient } from './default-client.js';

const NULL_BODY = new Set([101, 103, 204, 205, 304]);

type Input = Parameters<typeof globalThis.fetch>[0];
type Init = Parameters<typeof globalThis.fetch>[1];

/**
 * The platform's requests by their signals. A signal of a Request follows the
 * caller's only while that Request is alive, and nothing else refers to it once
 * the response is here: without this, an abort does not reach a body that is
 * still being read if the garbage collector has come in between.
 */
const requestsOf = new WeakMap<AbortSignal, readonly Input[]>();

/**
 * WHATWG `fetch` over the connections of `defaultTransport`. The body of the
 * response must be read to its end or cancelled, as with the other functions.
 * Options for browsers only (mode, credentials, cache and others) have no effect.
 *
 * @returns rejects with a TypeError if there is no response (`cause` has the
 * library's error), with the signal's reason if that was aborted.
 */
export async function fetch(input: Input, init?: Init): Promise<Response> {
  const request = new globalThis.Request(input, init);
  // The caller's Request as well: the signal of ours follows the signal of that one.
  requestsOf.set(request.signal, [request, input]);
  const ours: OurInit = {
    method: request.method,
    headers: request.headers,
    body: bodyOf(request, init),
    signal: request.signal,
    redirect: request.redirect,
  };
  let response: OurResponse;
  try {
    response = await defaultClient.send(null, request.url, null, ours, fetch);
  } catch (error) {
    if (request.signal.aborted && error === request.signal.reason) throw error;
    throw new TypeError('fetch failed', { cause: error });
  }
  return toPlatform(response);
}

/** What the caller gave can be sent again; the platform's stream of it can't. */
function bodyOf(request: Request, init: Init): OurBody | null {
  const given: unknown = init?.body;
  if (typeof given === 'string' || given instanceof URLSearchParams || given instanceof Uint8Array || given instanceof ArrayBuffer) return given;
  return request.body as ReadableStream<Uint8Array> | null;
}

async function toPlatform(response: OurResponse): Promise<Response> {
  const empty = NULL_BODY.has(response.status) || response.request.method === 'HEAD';
  try {
    const platform = new globalThis.Response(empty ? null : response.body.toReadableStream(), {
      status: response.status,
      statusText: response.statusText,
      headers: response.headers.raw,
    });
    Object.defineProperty(platform, 'url', { value: response.url });
    // A 205 may come with a body, which the platform's response can't have.
    if (empty) await response.close();
    return platform;
  } catch (error) {
    // A status such as 600 is no platform response.
    await response.close();
    throw new TypeError('fetch failed', { cause: error });
  }
}
