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
  /** What was wrong, for programs: `ERR_` and words, or the system's code. It stays the same from release to release. */
  abstract readonly code: string;
  /** How many attempts `retry` made until it handed out this error, 2 or more; there is none without a second attempt. */
  declare attempts?: number;

  /** The name of the error's class. */
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
  | 'ERR_CONTENT_ENCODING'
  | 'ERR_HTTP2_PROTOCOL';

/** The server sent something that is not HTTP, that is ambiguous, or that exceeds a limit. */
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

/**
 * A value as an error may show it: quoted, control characters escaped, at most 60
 * characters, without the user and password of a URL; of an object only the kind,
 * of a function not its source. It never throws, whatever the value's own `toString` does.
 */
export function show(value: unknown): string {
  switch (typeof value) {
    case 'string': {
      const text = value.includes('//') ? withoutUser(value) : value;
      return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
    }
    case 'object':
      return value === null ? 'null' : kindOf(value);
    case 'function':
      return 'a function';
    case 'bigint':
      return `${value}n`;
    default:
      return String(value);
  }
}

/** What may be a URL, without user and password: in one that can't be parsed, whatever stands before the last @ may be a password. */
export function withoutUser(url: string): string {
  return url.includes('@') ? url.replace(/^(.*?\/\/)?.*@/s, '$1***@') : url;
}

/** `[object Promise]`, say. A getter of the tag may throw, and so does a proxy that was revoked. */
function kindOf(value: object): string {
  try {
    return Object.prototype.toString.call(value);
  } catch {
    return 'an object';
  }
}

/** `bytes[start, end)` as an error may show them: quoted, at most 60 of them. */
export function showBytes(bytes: Uint8Array, start: number, end: number): string {
  const text = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 60)));
  return JSON.stringify(end - start > 60 ? `${text}…` : text);
}
