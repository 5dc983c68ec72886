/** Owns how a request and its end are called in attributes: method, status and kind of error. */
/** RFC 9110 and RFC 5789, with QUERY, which the semantic conventions count as known. */
const METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE']);

/** A method that is not known is `_OTHER`, as in the semantic conventions: anybody may make one up. */
export function methodOf(method: string): string {
  return METHODS.has(method) ? method : '_OTHER';
}

export interface Outcome {
  /** 0 if there was no response. */
  readonly status: number;
  /** Empty if there was no error. */
  readonly errorType: string;
}

/** What to say of the end: the kind of error if it failed or got no response, else the status if that is one. Pure. */
export function outcomeOf(status: number, error: unknown): Outcome {
  if (error !== null && error !== undefined) return { status, errorType: typeOf(error) };
  if (status === 0) return { status, errorType: '_OTHER' };
  return { status, errorType: status >= 400 ? String(status) : '' };
}

/** An error's code, as Node and this library have them, or its name; never its message, which may quote anything. */
function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  const { code, name } = error as { readonly code?: unknown; readonly name: unknown };
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(code)) return code;
  return typeof name === 'string' && /^[A-Z]\w{0,63}$/i.test(name) ? name : '_OTHER';
}
