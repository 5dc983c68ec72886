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

/** A source of a body's bytes. Only one `wait` may be under way at a time. */
export interface BodySource {
  readonly state: BodyState;
  /**
   * Bytes that have arrived: at most `max` of them; null at the end; undefined
   * if none have arrived yet. Throws the error that the body ended with.
   */
  take(max: number): Uint8Array | null | undefined;
  /** Waits for bytes, and resolves with what `as` makes of them. `handle` is kept alive meanwhile. */
  wait<T>(max: number, handle: object, as: (bytes: Uint8Array | null) => T): Promise<T>;
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
