/** Owns the reading of what a program gives to `fetch`: a URL or a Request, and the options. */
import { show, type Headers as Fields } from '../wire/index.js';
import { outgoingBody, type OutgoingBody } from './fetch-body.js';
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
  /** It matters where a redirect leads to another origin: a program on Node has none itself, so the first URL is its own. */
  readonly mode: Request['mode'];
  /** What the program says that it comes from; null: nothing. */
  readonly referrer: URL | null;
  readonly referrerPolicy: string;
  readonly integrity: string;
  /** What must not be collected as long as the response is read: a signal may follow another only while its Request lives. */
  readonly held: unknown;
}

/** Methods whose letter case does not matter (Fetch standard, "normalize a method"). */
const NORMALIZED = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT']);

const FORBIDDEN = new Set(['CONNECT', 'TRACE', 'TRACK']);

/** Options that the platform's Request checks for us, because few programs give them. */
const RARE = ['mode', 'credentials', 'cache', 'referrer', 'referrerPolicy', 'integrity', 'keepalive', 'window', 'priority'] as const;

/** A call with a URL alone. */
export function plainCall(url: string): FetchCall {
  return { url, method: 'GET', fields: PLAIN_FIELDS, body: null, signal: null, redirect: 'follow', mode: 'cors', referrer: null, referrerPolicy: '', integrity: '', held: null };
}

/** A call with a URL and options. @throws TypeError for options that the standard refuses */
export function callWith(url: string, init: Init): FetchCall {
  const rare = RARE.some((name) => init[name as keyof Init] !== undefined) ? checkedRare(url, init) : null;
  const method = methodOf(init.method);
  const { redirect = 'follow', signal = null } = init;
  if (redirect !== 'follow' && redirect !== 'error' && redirect !== 'manual') throw new TypeError(`Request constructor: ${String(redirect)} is not an accepted type. Expected one of follow, error, manual.`);
  if (signal !== null && !isSignal(signal)) throw new TypeError("Failed to construct 'Request': member signal is not of type AbortSignal.");
  const { duplex } = init as { duplex?: unknown };
  if (duplex !== undefined && duplex !== 'half') throw new TypeError(`Request constructor: ${show(duplex)} is not an accepted type. Expected one of half.`);
  const given = (init.body ?? null) as unknown;
  if (given !== null && (method === 'GET' || method === 'HEAD')) throw new TypeError('Request with GET/HEAD method cannot have body.');
  const fields = init.headers === undefined ? PLAIN_FIELDS : requestFields(init.headers);
  const body = given === null ? null : outgoingBody(given, duplex);
  if (fields !== PLAIN_FIELDS) addDefaults(fields);
  return {
    url,
    method,
    fields,
    body,
    signal,
    redirect,
    mode: rare?.mode ?? 'cors',
    referrer: rare === null ? null : referrerOf(rare.referrer),
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
  addDefaults(fields);
  const body = request.body === null ? null : await bodyOf(request);
  const { url, method, signal, redirect, mode, referrerPolicy, integrity } = request;
  return { url, method, fields, body, signal, redirect, mode, referrer: referrerOf(request.referrer), referrerPolicy, integrity, held: [input, request] };
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
  const rest: Record<string, unknown> = {};
  for (const name of RARE) if (init[name as keyof Init] !== undefined) rest[name] = init[name as keyof Init];
  // Not every method goes with every mode.
  if (init.mode !== undefined && init.method !== undefined) rest.method = init.method;
  return new (platform.Request ?? Request)(url, rest);
}

function methodOf(given: unknown): string {
  if (given === undefined) return 'GET';
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- as Web IDL converts it
  const method = String(given);
  const upper = method.toUpperCase();
  if (FORBIDDEN.has(upper)) throw new TypeError(`'${method}' HTTP method is unsupported.`);
  return NORMALIZED.has(upper) ? upper : method;
}

function isSignal(value: unknown): value is AbortSignal {
  return value instanceof AbortSignal || (typeof value === 'object' && value !== null && Object.prototype.toString.call(value) === '[object AbortSignal]');
}

function referrerOf(text: string): URL | null {
  return text === '' || text === 'no-referrer' || text.startsWith('about:') ? null : new URL(text);
}
