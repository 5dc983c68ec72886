/** Owns how a request and its end are called in attributes: method, status and kind of error, each from a bounded set. */
import type { Attributes } from './definition.js';

/** RFC 9110 and RFC 5789, with QUERY, which the semantic conventions count as known. */
const METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE']);

/** A method that is not known is `_OTHER`, as in the semantic conventions: anybody may make one up. */
export function methodOf(method: string): string {
  return METHODS.has(method) ? method : '_OTHER';
}

/** What to say of the end: the status if there was a response, the kind of error if it failed or its status is one. */
export function outcomeOf(status: number, error: unknown): Attributes {
  const failed = error !== null && error !== undefined;
  if (status === 0) return { 'error.type': failed ? errorType(error) : '_OTHER' };
  if (failed) return { 'http.response.status_code': status, 'error.type': errorType(error) };
  return status >= 400 ? { 'http.response.status_code': status, 'error.type': String(status) } : { 'http.response.status_code': status };
}

/** An error's code, as Node and this library have them, or its name; never its message, which may quote anything. */
function errorType(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  const { code, name } = error as { readonly code?: unknown; readonly name: unknown };
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(code)) return code;
  return typeof name === 'string' && /^[A-Z]\w{0,63}$/i.test(name) ? name : '_OTHER';
}
