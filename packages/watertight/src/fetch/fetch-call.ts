/** Owns the reading of what a program gives to `fetch`: a URL or a Request, and the options. */
import { show, type Headers as Fields } from '../wire/index.js';
import { outgoingBody, type OutgoingBody } from './fetch-body.js';
import { globalOrigin } from './origin.js';
import { platform, type Init } from './platform.js';
import { addDefaults, PLAIN_FIELDS, requestFields } from './request-headers.js';

/** A call of `fetch`, checked. */
export interface FetchCall {
  readonly url: string;
  readonly method: string;
  readonly fields: Fields;
  readonly body: OutgoingBody | null;
  readonly signal: AbortSignal | null;
  readonly redirect: 'follow' | 'error' | 'manual';
  /** What a redirect to another origin does. */
  readonly mode: Request['mode'];
  /** The origin that the program has given to all its requests; null: none. */
  readonly client: URL | null;
  /** What the program says that it comes from; null: nothing. */
  readonly referrer: URL | null;
  readonly referrerPolicy: string;
  readonly integrity: string;
  /** What must not be collected as long as the response is read: a signal may follow another only while its Request lives. */
  readonly held: unknown;
}

/** Methods whose letter case does not matter (Fetch standard, "normalize a method"). */
const NORMALIZED = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT']);

/** Options that the platform's Request checks for us, because few programs give them. */
const RARE = ['mode', 'credentials', 'cache', 'referrer', 'referrerPolicy', 'integrity', 'keepalive', 'window', 'priority'] as const;

/** A call with a URL alone. */
export function plainCall(url: string): FetchCall {
  const client = globalOrigin();
  return { url, method: 'GET', fields: PLAIN_FIELDS, body: null, signal: null, redirect: 'follow', mode: 'cors', client, referrer: client, referrerPolicy: '', integrity: '', held: null };
}

/** A call with a URL and options. @throws TypeError for options that the standard refuses */
export function callWith(url: string, init: Init): FetchCall {
  const rare = RARE.some((name) => init[name as keyof Init] !== undefined) ? checkedRare(url, init) : null;
  const { mode = 'cors', cache = 'default' } = rare ?? {};
  const method = methodOf(init.method);
  const { redirect = 'follow', signal = null } = init;
  if (redirect !== 'follow' && redirect !== 'error' && redirect !== 'manual') refuse({ redirect });
  if (signal !== null && !isSignal(signal)) refuse({ signal });
  const { duplex } = init as { duplex?: unknown };
  if (duplex !== undefined && duplex !== 'half') refuse({ duplex } as Init);
  const given = (init.body ?? null) as unknown;
  if (given !== null && (method === 'GET' || method === 'HEAD')) throw new TypeError('Request with GET/HEAD method cannot have body.');
  const isPlain = init.headers === undefined && mode === 'cors' && cache === 'default';
  const fields = isPlain ? PLAIN_FIELDS : requestFields(init.headers);
  const body = given === null ? null : outgoingBody(given, duplex);
  if (body !== null && body.isStream && rare?.keepalive === true) throw new TypeError('keepalive: a body that is a stream ends with the program');
  if (!isPlain) addDefaults(fields, mode, cache);
  const client = globalOrigin();
  return {
    url,
    method,
    fields,
    body,
    signal,
    redirect,
    mode,
    client,
    referrer: rare === null ? client : referrerOf(rare.referrer, client),
    referrerPolicy: rare?.referrerPolicy ?? '',
    integrity: rare?.integrity ?? '',
    held: null,
  };
}

/** A call with a Request, and perhaps options that go before what it says. */
export async function callOf(input: Request, init: Init | undefined): Promise<FetchCall> {
  // The platform puts the two together; it takes the body out of the caller's Request, as the standard says.
  const request = init === undefined ? input : new (platform.Request ?? Request)(input, init);
  if (request.bodyUsed) throw new TypeError('Cannot construct a Request with a Request object that has already been used.');
  const fields = requestFields(request.headers);
  const { mode, cache } = request;
  addDefaults(fields, mode, cache);
  const body = request.body === null ? null : await bodyOf(request);
  const client = globalOrigin();
  const { url, method, signal, redirect, referrerPolicy, integrity } = request;
  return { url, method, fields, body, signal, redirect, mode, client, referrer: referrerOf(request.referrer, client), referrerPolicy, integrity, held: [input, request] };
}

/**
 * A Request does not say whether its body is a stream or something in memory. But
 * one in the mode `no-cors` can't have a stream (Fetch standard, constructor of
 * Request, step 39), and what is refused is not touched.
 */
async function bodyOf(request: Request): Promise<OutgoingBody> {
  let copy: Request;
  try {
    copy = new (platform.Request ?? Request)(request, { mode: 'no-cors', method: 'POST' });
  } catch {
    return outgoingBody(request.body, 'half');
  }
  return { ...outgoingBody(await copy.arrayBuffer(), undefined), isStream: false };
}

function checkedRare(url: string, init: Init): Request {
  const rest: Record<string, unknown> = { method: init.method };
  for (const name of RARE) if (init[name as keyof Init] !== undefined) rest[name] = init[name as keyof Init];
  return new (platform.Request ?? Request)(url, rest);
}

function methodOf(given: unknown): string {
  if (given === undefined || given === 'GET') return 'GET';
  if (typeof given === 'string') {
    const upper = given.toUpperCase();
    if (NORMALIZED.has(upper)) return upper;
  }
  // The others, the platform checks: it also warns of `patch`, which is not PATCH.
  return new (platform.Request ?? Request)(ANY_URL, { method: given as string }).method;
}

/** For what has nothing to do with the URL. */
const ANY_URL = 'http://localhost/';

/** An option is refused in the words of the platform's Request, which programs compare; they depend on the version of Node. */
function refuse(init: Init): never {
  new (platform.Request ?? Request)(ANY_URL, init);
  throw new TypeError(`not an option of fetch: ${Object.entries(init).map(([name, value]) => `${name}: ${show(value)}`).join()}`);
}

function isSignal(value: unknown): value is AbortSignal {
  return value instanceof AbortSignal || (typeof value === 'object' && value !== null && Object.prototype.toString.call(value) === '[object AbortSignal]');
}

/** The platform says `about:client` where the program has said nothing. */
function referrerOf(text: string, client: URL | null): URL | null {
  if (text === 'about:client') return client;
  return text === '' || text === 'no-referrer' ? null : new URL(text);
}
