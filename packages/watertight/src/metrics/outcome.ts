/** Owns the attributes of a request and its end: method, status and kind of error. */
/** The methods of RFC 9110 and RFC 5789, and QUERY, which the semantic conventions count as known. */
const METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE']);

/** The method, or `_OTHER` for an unknown one, as in the semantic conventions, because a program may use any word as a method. */
export function methodOf(method: string): string {
  return METHODS.has(method) ? method : '_OTHER';
}

export interface Outcome {
  /** The status; 0 if there was no response. */
  readonly status: number;
  /** The kind of error; empty if there was none. */
  readonly errorType: string;
}

/**
 * The outcome of a request: the kind of error if it failed or got no response, otherwise its status, which is
 * also the error type of an error status. Pure.
 */
export function outcomeOf(status: number, error: unknown): Outcome {
  if (error !== null && error !== undefined) return { status, errorType: typeOf(error) };
  if (status === 0) return { status, errorType: '_OTHER' };
  return { status, errorType: status >= 400 ? String(status) : '' };
}

/** The code of an error, or its name; never its message, which may contain any data. */
function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  const { code, name } = error as { readonly code?: unknown; readonly name: unknown };
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(code)) return code;
  return typeof name === 'string' && /^[A-Z]\w{0,63}$/i.test(name) ? name : '_OTHER';
}
