/** Owns the writing of a request's head as the fields of an HTTP/2 request (RFC 9113 section 8.3.1). */
import type { OutgoingHttpHeaders } from 'node:http2';
import { USER_AGENT, type Headers, type RequestFraming } from '../wire/index.js';

/** The parts of a request's head; they were checked when they were made. */
export interface FieldParts {
  readonly method: string;
  readonly scheme: string;
  /** Path and query. */
  readonly target: string;
  /** Host and port as the URL has them. */
  readonly host: string;
  readonly headers: Headers | null;
  readonly framing: RequestFraming;
  /** The Accept-Encoding, unless the program's headers have one; '' for none. */
  readonly acceptEncoding: string;
  /** The names of the trailer fields that follow a body of unknown length; null if there are none. */
  readonly trailers: string | null;
}

/** What speaks of the connection or is said in another way, which RFC 9113 section 8.2.2 forbids; and what is for a proxy alone. The values were checked with the request. */
const DROPPED = new Set(['host', 'proxy-authorization', 'content-length', 'connection', 'proxy-connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'http2-settings', 'trailer']);

/**
 * The fields in the order of the program's, names in lower case. A Cookie is cut
 * into its pairs, which compress better (section 8.2.3, as in Go); of TE only
 * `trailers` is left. Other fields of one name are joined into one.
 */
export function requestFields({ method, scheme, target, host, headers, framing, acceptEncoding, trailers }: FieldParts): OutgoingHttpHeaders {
  const fields = Object.create(null) as Record<string, string | string[]>;
  fields[':authority'] = headers?.get('host') ?? host;
  fields[':method'] = method;
  fields[':path'] = target;
  fields[':scheme'] = scheme;
  for (const [name, value] of headers?.raw ?? []) {
    const lower = name.toLowerCase();
    if (DROPPED.has(lower)) continue;
    if (lower === 'te') {
      if (value.split(',').some((coding) => coding.trim().toLowerCase() === 'trailers')) fields.te = 'trailers';
    } else if (lower === 'cookie') fields.cookie = value.split(/; */).filter((pair) => pair !== '');
    else fields[lower] = lower in fields ? `${fields[lower] as string}, ${value}` : value;
  }
  // Go: an empty one is none.
  if (fields['user-agent'] === '') delete fields['user-agent'];
  else fields['user-agent'] ??= USER_AGENT;
  if (typeof framing === 'number') fields['content-length'] = String(framing);
  else if (framing === 'chunked' && trailers !== null) fields.trailer = trailers;
  // RFC 9110 section 8.6: a method that expects content says 0 where there is none.
  else if (framing === 'none' && (method === 'POST' || method === 'PUT' || method === 'PATCH')) fields['content-length'] = '0';
  if (acceptEncoding !== '') fields['accept-encoding'] ??= acceptEncoding;
  return fields;
}

/** Trailer fields, given as lines. A name stands there once. */
export function trailerFields(lines: string): OutgoingHttpHeaders {
  const fields = Object.create(null) as Record<string, string>;
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(': ');
    if (colon > 0) fields[line.slice(0, colon).toLowerCase()] = line.slice(colon + 2);
  }
  return fields;
}

/** The size of a field list as SETTINGS_MAX_HEADER_LIST_SIZE counts it (RFC 9113 section 10.5.1). */
export function fieldListSize(fields: OutgoingHttpHeaders): number {
  let size = 0;
  for (const [name, value] of Object.entries(fields)) {
    for (const each of Array.isArray(value) ? value : [value]) size += name.length + String(each).length + 32;
  }
  return size;
}
