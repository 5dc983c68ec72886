/** Owns the options of undici's `dispatch`, and makes a request of them. */
import { isIP } from 'node:net';
import { stringify, type ParsedUrlQueryInput } from 'node:querystring';
import { ExactTarget, parseTarget, Request, withServerName, type BodyInit, type ClientTrace, type Origin, type RequestTerms } from '../conn/index.js';
import type { DispatchErrors } from './dispatch-error.js';
import { fieldsOf, type DispatchFields } from './dispatch-fields.js';
import { isOver, measureEnd } from './ended-stream.js';

/** What undici's `dispatch` takes, as far as it means something here. */
export interface DispatchOptions {
  readonly origin?: string | URL | undefined;
  readonly path: string;
  readonly method: string;
  readonly body?: unknown;
  readonly headers?: unknown;
  readonly query?: Readonly<Record<string, unknown>> | null | undefined;
  /** Whether the request may be sent twice, after a race with a closing connection; if it is not said, its method decides. */
  readonly idempotent?: boolean | null | undefined;
  /** The protocol that the server may switch to: an upgrade. */
  readonly upgrade?: string | null | undefined;
  /** Milliseconds; 0 is no limit. */
  readonly headersTimeout?: number | null | undefined;
  /** Milliseconds; 0 is no limit. */
  readonly bodyTimeout?: number | null | undefined;
  /** Closes the connection after the response. */
  readonly reset?: boolean | null | undefined;
  /** The name that TLS asks for and that the certificate must have. Default: that of the Host field, or of the origin. */
  readonly servername?: string | null | undefined;
  /** From 0 to 255: marks the packets of the connection from now on, where Node and the system can. */
  readonly typeOfService?: number | null | undefined;
}

/** Options that undici checks, and that mean nothing here or nothing any more. */
interface CheckedOptions extends Omit<DispatchOptions, 'upgrade'> {
  readonly upgrade?: unknown;
  readonly expectContinue?: unknown;
  readonly throwOnError?: unknown;
  readonly maxRedirections?: unknown;
}

/** The methods whose Content-Length says nothing, because they have no body as a rule: undici sends the body's own. */
const BODILESS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'CONNECT']);

/** What the interface may not send: control characters, spaces and what is no byte. */
const UNSENDABLE = /[^\u0021-\u00ff]/;

/** @throws InvalidArgumentError of undici and others of its classes, RequestError for what can't be sent */
export function requestOf(options: DispatchOptions, on: ClientTrace & RequestTerms, signal: AbortSignal, errors: DispatchErrors): Request {
  const { method, reset } = options;
  if (typeof method !== 'string') throw new errors.InvalidArgumentError('method must be a string');
  check(options, errors);
  const path = pathOf(options, errors);
  const origin = originOf(options.origin, errors);
  const fields = fieldsOf(options.headers, errors);
  const body = bodyOf(options.body, errors);
  const target = new ExactTarget(namedOrigin(origin, options.servername, fields), path);
  const { pairs } = fields;
  if (options.upgrade) pairs.push(['Connection', 'upgrade'], ['Upgrade', options.upgrade]);
  const checkLength = lengthCheck(method, fields, errors);
  const size = body === null ? null : sizeOf(body);
  if (size !== null) checkLength(size);
  if (fields.contentLength !== null && body !== null && size === null) pairs.push(['content-length', String(fields.contentLength)]);
  const request = new Request(target, { method, headers: pairs, body, redirect: 'manual', close: reset === true || (fields.close && reset !== false), trace: on, signal });
  request.decoding = 'none';
  request.terms = on;
  if (request.body !== null) measureEnd(request.body, options.body, checkLength);
  return request;
}

function check(options: CheckedOptions, { InvalidArgumentError }: DispatchErrors): void {
  const { headersTimeout, bodyTimeout, reset, upgrade, expectContinue, throwOnError, maxRedirections, typeOfService } = options;
  if (upgrade && typeof upgrade !== 'string') throw new InvalidArgumentError('upgrade must be a string');
  for (const [name, limit] of [['headersTimeout', headersTimeout], ['bodyTimeout', bodyTimeout]] as const) {
    if (limit !== undefined && limit !== null && !(Number.isFinite(limit) && limit >= 0)) throw new InvalidArgumentError(`invalid ${name}`);
  }
  for (const [name, flag] of [['reset', reset], ['expectContinue', expectContinue]] as const) {
    if (flag !== undefined && flag !== null && typeof flag !== 'boolean') throw new InvalidArgumentError(`invalid ${name}`);
  }
  if (throwOnError !== undefined && throwOnError !== null) throw new InvalidArgumentError('throwOnError is no option; compose the interceptor responseError');
  if (maxRedirections !== undefined && maxRedirections !== null && maxRedirections !== 0) throw new InvalidArgumentError('maxRedirections is no option; compose the interceptor redirect');
  if (typeOfService !== undefined && typeOfService !== null && !(Number.isInteger(typeOfService) && typeOfService >= 0 && typeOfService <= 255)) throw new InvalidArgumentError('typeOfService must be an integer from 0 to 255');
}

function pathOf({ path, query, method }: DispatchOptions, { InvalidArgumentError }: DispatchErrors): string {
  if (typeof path !== 'string') throw new InvalidArgumentError('path must be a string');
  if (method !== 'CONNECT' && !path.startsWith('/') && !/^https?:\/\//.test(path)) throw new InvalidArgumentError('path must be an absolute URL or start with a slash');
  if (UNSENDABLE.test(path)) throw new InvalidArgumentError('invalid request path');
  if (query === undefined || query === null) return path;
  if (/[?#]/.test(path)) throw new InvalidArgumentError('the path has a query or a fragment, and there is the option query as well');
  const text = stringify(query as ParsedUrlQueryInput);
  return text === '' ? path : `${path}?${text}`;
}

function originOf(given: unknown, { InvalidArgumentError }: DispatchErrors): Origin {
  if ((typeof given !== 'string' || given === '') && !(given instanceof URL)) throw new InvalidArgumentError('opts.origin must be a non-empty string or URL.');
  const text = String(given);
  // With a path, an origin that is known need not be parsed.
  const { origin, path } = parseTarget(text.includes('/', 8) ? text : `${text}/`);
  if (path !== '/') throw new InvalidArgumentError('the origin has a path or a query');
  return origin;
}

/** Undici takes the name for TLS from the Host field: whoever connects to an address can say whom to expect there. */
function namedOrigin(origin: Origin, servername: string | null | undefined, { host }: DispatchFields): Origin {
  if (origin.scheme !== 'https') return origin;
  const name = servername ?? (host === null ? '' : hostnameOf(host));
  return name === '' || name === origin.hostname ? origin : withServerName(origin, name);
}

/** Without its port; an address is no name (RFC 6066 section 3). */
function hostnameOf(host: string): string {
  const name = host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:.*$/s, '');
  return isIP(name) === 0 ? name : '';
}

/** Text has no type of its own in undici. Nothing at all is no body. */
function bodyOf(body: unknown, { InvalidArgumentError }: DispatchErrors): BodyInit | null {
  if (body === undefined || body === null || isOver(body)) return null;
  if (typeof body === 'function') throw new InvalidArgumentError('body must be a string, bytes, a stream or an iterable');
  // Iterated, so that it is unlocked at its end: undici's handler of redirects looks at it once more.
  if (body instanceof ReadableStream) return { [Symbol.asyncIterator]: () => body.values() as AsyncIterator<Uint8Array> };
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return (ArrayBuffer.isView(bytes) || bytes instanceof ArrayBuffer) && bytes.byteLength === 0 ? null : (bytes as BodyInit);
}

/** Bytes of a body that is in memory, null of another. */
function sizeOf(body: BodyInit): number | null {
  if (ArrayBuffer.isView(body) || body instanceof ArrayBuffer) return body.byteLength;
  return body instanceof Blob ? body.size : null;
}

/** Refuses a body of another length than the one that was given, which says nothing where there is no body. */
function lengthCheck(method: string, { contentLength }: DispatchFields, errors: DispatchErrors): (length: number) => void {
  return (length) => {
    if (length > 0 && contentLength !== null && length !== contentLength && !BODILESS.has(method)) throw new errors.RequestContentLengthMismatchError();
  };
}
