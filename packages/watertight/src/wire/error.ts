/**
 * Owns the errors of the request tower's lowest room: the base that all of the
 * tower's errors share, and who broke the protocol: they or we.
 */

/** Options of every error of the library. */
export interface WatertightErrorOptions {
  readonly cause?: unknown;
}

/**
 * The base of the request tower's errors. `code` is a literal that programs
 * may compare; the message says what was wrong, by which rule, and what to do.
 * No message, cause or property carries a credential.
 */
export abstract class WatertightError extends Error {
  abstract readonly code: string;

  override get name(): string {
    return this.constructor.name;
  }
}

/** What a response can break; each is refused, and its connection is closed. */
export type ProtocolErrorCode =
  | 'ERR_STATUS_LINE'
  | 'ERR_HEADER_FIELD'
  | 'ERR_CONTENT_LENGTH'
  | 'ERR_TRANSFER_ENCODING'
  | 'ERR_CHUNK'
  | 'ERR_HEADERS_TOO_LARGE'
  | 'ERR_TOO_MANY_INTERIM'
  | 'ERR_UNEXPECTED_UPGRADE'
  | 'ERR_CONTENT_ENCODING';

/** The server sent what is not HTTP/1.1, is ambiguous, or exceeds a limit. */
export class ProtocolError extends WatertightError {
  constructor(
    readonly code: ProtocolErrorCode,
    message: string,
    options?: WatertightErrorOptions,
  ) {
    super(message, options);
  }
}

/** What a request can break; each is refused before a byte of it is written. */
export type RequestErrorCode = 'ERR_INVALID_URL' | 'ERR_INVALID_METHOD' | 'ERR_INVALID_HEADER' | 'ERR_INVALID_BODY' | 'ERR_INVALID_OPTION';

/** The caller asked for what can't be sent. */
export class RequestError extends WatertightError {
  constructor(
    readonly code: RequestErrorCode,
    message: string,
    options?: WatertightErrorOptions,
  ) {
    super(message, options);
  }
}

/** A value as an error may show it: quoted, control characters escaped, at most 60 characters. */
export function show(value: unknown): string {
  if (typeof value !== 'string') return value === null || typeof value !== 'object' ? String(value) : Object.prototype.toString.call(value);
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}
