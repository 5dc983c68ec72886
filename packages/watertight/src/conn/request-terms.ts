/** Owns what another client's interface, such as undici's, asks of a request beyond the options that a program of ours has. */

/** The terms of one request. Its head is written as undici writes it. */
export interface RequestTerms {
  /** Whether the request may be sent twice; null: its method decides, and its key field. */
  readonly idempotent: boolean | null;
  /** A chunk of the body, as its source gave it, was written to the socket. Must not throw. */
  wroteChunk(chunk: unknown): void;
  /** The last byte of the request was written to the socket. Must not throw. */
  requestSent(): void;
}
