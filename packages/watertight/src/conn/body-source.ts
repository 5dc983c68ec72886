/** Owns the interface between a body and the place that its bytes come from: the connection, or a decoder over it. */

/**
 * How far a body is:
 *
 * - `unread`: no byte was read yet; `reading`: some bytes were. In both states the body keeps its connection busy
 * - `eof`: it was read to the end
 * - `closed`: it was closed before its end
 * - `errored`: it failed, timed out or was cancelled
 */
export type BodyState = 'unread' | 'reading' | 'eof' | 'closed' | 'errored';

/** A source of a body's bytes. Only one `wait` or `waitInto` may be under way at a time. */
export interface BodySource {
  readonly state: BodyState;
  /**
   * Bytes that have arrived: at most `max` of them; null at the end; undefined
   * if none have arrived yet. Throws the error that the body ended with.
   */
  take(max: number): Uint8Array | null | undefined;
  /** As `take`, into the caller's memory, which has at least one byte; gives their number. */
  takeInto(into: Uint8Array): number | null | undefined;
  /** Waits for bytes, and resolves with what `as` makes of them. `handle` is kept alive meanwhile. */
  wait<T>(max: number, handle: object, as: (bytes: Uint8Array | null) => T): Promise<T>;
  /** Waits for bytes, and puts them into the caller's memory. */
  waitInto(into: Uint8Array, handle: object): Promise<number | null>;
  /** From now on, chunks are no parts of a buffer that the connection reads into as well. */
  separate(): void;
  /** Ends the body early; never throws. */
  close(): Promise<void>;
  /** Reads and drops at most `limit` bytes, counted before decoding, within half a second; closes the body if that was not all. Never throws. */
  drain(limit: number): Promise<void>;
  /** Ends the body early, without a drain, at once. */
  shut(): void;
}

/** For `wait`: the bytes themselves. */
export function asBytes(bytes: Uint8Array | null): Uint8Array | null {
  return bytes;
}

/** What can be read to its end or closed; `Body` is such a thing. What is built on a body needs no more of it. */
export interface ReadableBody {
  readonly state: BodyState;
  read(): Promise<Uint8Array | null>;
  read(options: { readonly into: Uint8Array }): Promise<number | null>;
  close(): Promise<void>;
}
