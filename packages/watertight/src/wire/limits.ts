/** Owns the limits on what a server may send besides a body's bytes: heads, trailers and chunk sizes. */

/** Limits on a response's heads and trailers. */
export interface WireLimits {
  /** Bytes of one response's status line and fields, those of its 1xx responses included; the same again for trailers. */
  readonly maxHeadBytes: number;
  /** Fields in a head, and in the trailers. */
  readonly maxFields: number;
  /** 1xx responses before the final one. */
  readonly maxInterim: number;
}

export const DEFAULT_LIMITS: WireLimits = {
  // Go's http.Transport.MaxResponseHeaderBytes when it is 0.
  maxHeadBytes: 10 << 20,
  maxFields: 10_000,
  // Go stops at 5, llhttp never; a server that sends 102 every few seconds is no attacker.
  maxInterim: 50,
};

/** One chunk-size line with its extensions: the limit of Go's chunkedReader (`maxLineLength`). */
export const MAX_CHUNK_LINE = 4096;

/** Framing bytes in excess of what chunks of a sensible size need, summed over a body (Go, CVE-2023-39326). */
export const MAX_CHUNK_OVERHEAD = 16 << 10;
