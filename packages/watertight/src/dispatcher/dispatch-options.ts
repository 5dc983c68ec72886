/** Owns the options of undici's `dispatch`, and makes a request of them. */
import { stringify, type ParsedUrlQueryInput } from 'node:querystring';
import { Request, type BodyInit, type ClientTrace } from '../conn/index.js';
import type { DispatchErrors } from './dispatch-error.js';

/** What undici's `dispatch` takes, as far as it means something here. */
export interface DispatchOptions {
  readonly origin?: string | URL | undefined;
  readonly path: string;
  readonly method?: string | undefined;
  readonly body?: unknown;
  readonly headers?: unknown;
  readonly query?: Readonly<Record<string, unknown>> | null | undefined;
  /** False: a request that failed is not sent again, whatever its method. */
  readonly idempotent?: boolean | null | undefined;
  readonly upgrade?: boolean | string | null | undefined;
  readonly headersTimeout?: number | null | undefined;
  readonly bodyTimeout?: number | null | undefined;
  /** Closes the connection after the response. */
  readonly reset?: boolean | null | undefined;
}

/** @throws InvalidArgumentError of undici, RequestError for what can't be sent */
export function requestOf(options: DispatchOptions, trace: ClientTrace, signal: AbortSignal, { InvalidArgumentError }: DispatchErrors): Request {
  const { origin, path, method = 'GET', body, reset } = options;
  if (typeof origin !== 'string' && !(origin instanceof URL)) throw new InvalidArgumentError('opts.origin must be a non-empty string or URL.');
  if (typeof path !== 'string') throw new InvalidArgumentError('path must be a string');
  if (!path.startsWith('/') && !/^https?:\/\//.test(path)) throw new InvalidArgumentError('path must be an absolute URL or start with a slash');
  const target = path.startsWith('/') ? new URL(origin).origin + path : path;
  const query = options.query === undefined || options.query === null ? '' : stringify(options.query as ParsedUrlQueryInput);
  if (query !== '' && /[?#]/.test(target)) throw new InvalidArgumentError('Query params cannot be passed when url already contains "?" or "#".');
  return new Request(query === '' ? target : `${target}?${query}`, { method, headers: fieldsOf(options.headers, InvalidArgumentError), body: bodyOf(body), redirect: 'manual', close: reset === true, trace, signal });
}

/** Text has no type of its own in undici. Nothing at all is no body. */
function bodyOf(body: unknown): BodyInit | null {
  if (body === undefined || body === null) return null;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return (ArrayBuffer.isView(bytes) || bytes instanceof ArrayBuffer) && bytes.byteLength === 0 ? null : (bytes as BodyInit);
}

type Refuse = DispatchErrors['InvalidArgumentError'];

/** Names and values in turn, pairs, or a record, whose values may be lists. Undefined values are left out. */
function fieldsOf(given: unknown, InvalidArgumentError: Refuse): [string, string][] {
  const fields: [string, string][] = [];
  const add = (name: unknown, value: unknown): void => {
    if (value === undefined) return;
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const one of values) {
      if (typeof one === 'object' && one !== null && !Buffer.isBuffer(one)) throw new InvalidArgumentError(`invalid ${String(name)} header`);
      // An upgrade is asked for by the option of that name.
      if (textOf(name).toLowerCase() === 'upgrade') throw new InvalidArgumentError('invalid upgrade header');
      fields.push([textOf(name), one === null ? '' : textOf(one)]);
    }
  };
  if (given === undefined || given === null) return fields;
  if (typeof given !== 'object') throw new InvalidArgumentError('headers must be an object or an array');
  if (Array.isArray(given) && !given.every((each) => Array.isArray(each))) {
    if (given.length % 2 !== 0) throw new InvalidArgumentError('headers array must be even');
    for (let i = 0; i < given.length; i += 2) add(given[i], given[i + 1]);
  } else if (Symbol.iterator in given) {
    for (const pair of given as Iterable<unknown>) {
      if (!Array.isArray(pair) || pair.length !== 2) throw new InvalidArgumentError('headers must be in key-value pair format');
      add(pair[0], pair[1]);
    }
  } else for (const name of Object.keys(given)) add(name, (given as Record<string, unknown>)[name]);
  return fields;
}

function textOf(value: unknown): string {
  return Buffer.isBuffer(value) ? value.toString('latin1') : String(value);
}
