/** Owns the base class of the request tower's errors, the errors of the protocol and of wrong requests, and how a value is shown in a message. */

/** Options of every error of the library. */
export interface WatertightErrorOptions {
  readonly cause?: unknown;
}

/**
 * The base of the library's errors. Programs compare `code`; the message says
 * what was wrong, by which rule, and what to do. No message, cause or property
 * holds a password, a token or another credential.
 */
export abstract class WatertightError extends Error {
  abstract readonly code: string;

  override get name(): string {
    return this.constructor.name;
  }
}

/** What can be wrong with a response. It is refused, and its connection is closed. */
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

/** The server sent something that is not HTTP/1.1, that is ambiguous, or that exceeds a limit. */
export class ProtocolError extends WatertightError {
  constructor(
    readonly code: ProtocolErrorCode,
    message: string,
    options?: WatertightErrorOptions,
  ) {
    super(message, options);
  }
}

/** What can be wrong with a request. It is refused before a byte of it is written. */
export type RequestErrorCode = 'ERR_INVALID_URL' | 'ERR_INVALID_METHOD' | 'ERR_INVALID_HEADER' | 'ERR_INVALID_BODY' | 'ERR_INVALID_OPTION';

/** The program asked for something that can't be sent. */
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

/** `bytes[start, end)` as an error may show them: quoted, at most 60 of them. */
export function showBytes(bytes: Uint8Array, start: number, end: number): string {
  const text = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 60)));
  return JSON.stringify(end - start > 60 ? `${text}…` : text);
}
