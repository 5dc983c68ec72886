/** Owns `fetch`: the function of the Fetch standard, over the connections of a client. */
import { Client, defaultClient } from '../client/index.js';
import type { RoundTripper } from '../transport/index.js';
import { RequestError, show, withoutUser } from '../wire/index.js';
import { awaitedFailure, networkError } from './error.js';
import { callOf, callWith, plainCall } from './fetch-call.js';
import { FetchTrip, type Caller } from './fetch-trip.js';
import { globalOrigin } from './origin.js';
import { isRequest, platform, type Init, type Input } from './platform.js';

type Fetch = typeof globalThis.fetch;

/** What a fetch is bound to; one of both at most. */
export interface FetchOptions {
  /** Its transport, its cookie jar and its `timeout` are used; redirects follow the Fetch standard, so its `checkRedirect` is not asked. Default: the default client. */
  readonly client?: Client;
  /** The connections to use. Default: those of `defaultTransport`. */
  readonly transport?: RoundTripper;
}

/**
 * A `fetch` over the connections of a client or a transport: for their TLS
 * options, limits and cookies. It behaves as {@link fetch}.
 *
 * @throws RequestError (`ERR_INVALID_OPTION`)
 */
export function createFetch(options: FetchOptions = {}): Fetch {
  const { client, transport } = { __proto__: null, ...options } as FetchOptions;
  if (client !== undefined && transport !== undefined) throw new RequestError('ERR_INVALID_OPTION', 'createFetch() takes a client or a transport, not both: the client has a transport');
  if (client !== undefined && !(client instanceof Client)) throw new RequestError('ERR_INVALID_OPTION', `client is a Client, not ${show(client)}`);
  return bind(client ?? (transport === undefined ? defaultClient : new Client({ transport })));
}

function bind(client: Client): Fetch {
  // One parameter counts: `fetch.length` is 1, as Web IDL has it.
  // eslint-disable-next-line @typescript-eslint/no-useless-default-assignment -- see above
  function fetch(input: Input, init: Init | undefined = undefined): Promise<Response> {
    const caller: Caller = { entry: fetch, trace: client.traceOf(fetch) };
    return new Promise((resolve, reject) => {
      start(client, caller, input, init, resolve, reject);
    });
  }
  return fetch;
}

function start(client: Client, caller: Caller, input: Input, init: Init | null | undefined, resolve: (response: Response | Promise<Response>) => void, reject: (reason: unknown) => void): void {
  let given: unknown;
  try {
    const options = init ?? undefined;
    if (options !== undefined && typeof options !== 'object' && typeof options !== 'function') throw new TypeError(`the options of fetch are an object, not ${typeof options}`);
    if ((options as { dispatcher?: unknown } | undefined)?.dispatcher !== undefined) {
      resolve(platformFetch()(input, options));
      return;
    }
    if (isRequest(input)) {
      if (isPlatformUrl(input.url)) {
        resolve(platformFetch()(input, options));
        return;
      }
      callOf(input, options)
        .then((call) => new FetchTrip(client, call, caller, resolve, reject).start())
        .catch((error: unknown) => resolve(awaitedFailure(() => refused(error))));
      return;
    }
    const url = typeof input === 'string' ? input : String(input);
    if (options === undefined) new FetchTrip(client, plainCall(url), caller, resolve, reject).start();
    else {
      given = options.body;
      new FetchTrip(client, callWith(url, options), caller, resolve, reject).start();
    }
  } catch (error) {
    if (error instanceof RequestError && error.code === 'ERR_INVALID_URL') otherUrl(error, client, caller, input as string | URL, init, resolve, reject);
    else {
      cancel(given, error);
      reject(refused(error));
    }
  }
}

/** A URL that is none of ours: `data:` and `blob:` are the platform's, relative ones need an origin, the rest is refused. */
function otherUrl(refusal: RequestError, client: Client, caller: Caller, input: string | URL, init: Init | null | undefined, resolve: (response: Response | Promise<Response>) => void, reject: (reason: unknown) => void): void {
  let url: URL;
  try {
    url = new URL(input, globalOrigin() ?? undefined);
  } catch (cause) {
    // Node's error has the whole URL as a property.
    if (Object.hasOwn(cause as object, 'input')) (cause as { input: string }).input = withoutUser(String(input));
    reject(new TypeError(`Failed to parse URL from ${withoutUser(String(input))}`, { cause }));
    return;
  }
  if (isPlatformUrl(url.protocol)) resolve(platformFetch()(input, init ?? undefined));
  else if ((url.protocol === 'http:' || url.protocol === 'https:') && url.href !== String(input)) start(client, caller, url.href, init, resolve, reject);
  else reject(networkError('fetch failed', refusal));
}

/** By its beginning. */
function isPlatformUrl(url: string): boolean {
  return url.startsWith('data:') || url.startsWith('blob:');
}

function platformFetch(): Fetch {
  if (platform.fetch === undefined) throw new TypeError('the platform has no fetch of its own, which this request needs');
  return platform.fetch;
}

/** What can't be sent is a TypeError in the standard; the library's error is its cause. */
function refused(error: unknown): unknown {
  if (error instanceof RequestError && error.code === 'ERR_INVALID_URL') return networkError('fetch failed', error);
  return error instanceof RequestError ? new TypeError(error.message, { cause: error }) : error;
}

/** A stream for a request that is not made is nobody's any more. */
function cancel(body: unknown, reason: unknown): void {
  if (body instanceof ReadableStream && !body.locked) body.cancel(reason).catch(() => undefined);
}

/**
 * The Fetch standard's `fetch`, over the connections of `defaultTransport`. The
 * body of the response must be read to its end or cancelled: until then its
 * connection serves no other request. Options that only mean something in a
 * browser (`credentials`, `keepalive`, `priority`) are checked and have no effect,
 * as in Node's own fetch; `cache` is what the fields say to caches on the way, and
 * `mode` has an effect where a redirect leads to another origin than the first:
 * `same-origin` refuses, `no-cors` gives an opaque response, whose status is 0.
 * `data:` and `blob:` URLs, and
 * requests with undici's option `dispatcher`, go through Node's own fetch.
 *
 * @returns rejects with a TypeError if there is no response: `cause` is the
 * system's error or the library's, `code` is the library's code. After an abort
 * it rejects with the signal's reason itself.
 */
export const fetch: Fetch = bind(defaultClient);
