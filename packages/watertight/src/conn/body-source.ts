/** Owns the seam between a body and what its bytes come from: the connection itself, or a decoder over it. */

/**
 * - `unread`, `reading`: not finished: the connection is pinned
 * - `eof`: read to the end; `closed`: closed early; `errored`: error, time-out or cancel
 */
export type BodyState = 'unread' | 'reading' | 'eof' | 'closed' | 'errored';

/** Where a body's bytes come from. At most one `wait` at a time. */
export interface BodySource {
  readonly state: BodyState;
  /**
   * Bytes that are here: at most `max` of them, null at the end, undefined if
   * they have yet to come. Throws what the body ended with.
   */
  take(max: number): Uint8Array | null | undefined;
  /** The same when they have come, as what `as` makes of them. `handle` is kept alive meanwhile. */
  wait<T>(max: number, handle: object, as: (bytes: Uint8Array | null) => T): Promise<T>;
  /** Ends the body early; never throws. */
  close(): Promise<void>;
  /** Reads and drops at most `limit` bytes as they are on the wire, within half a second, and closes what is left; never throws. */
  drain(limit: number): Promise<void>;
  /** Ends the body early, without a drain, at once. */
  shut(): void;
}

/** For `wait`: the bytes themselves. */
export function asBytes(bytes: Uint8Array | null): Uint8Array | null {
  return bytes;
}
