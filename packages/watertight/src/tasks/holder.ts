/**
 * Owns the holder record, which describes what keeps a task from ending, and the verdict on it. The record is
 * plain data, so that any HTTP client can be described by it; every report, profile and metric is made from
 * these records.
 */
import type { Trace } from './site.js';

/** Which client made the request. */
export type HolderClient = 'watertight' | 'undici' | 'fetch' | 'node:http';

/**
 * - `idle`: a pooled connection without a request; not a leak.
 * - `active`: the response is being read, or is recent.
 * - `suspect`: its reader has made no progress for longer than `suspectAfter`.
 * - `proven`: the response was garbage-collected unfinished, so the program can never release it.
 */
export type Verdict = 'idle' | 'active' | 'suspect' | 'proven';

/**
 * One unfinished response, or a request whose response headers have not come. It is in the live set, on the
 * task it holds, until EOF, close, error or cancel. Times are monotonic milliseconds.
 */
export interface Holder {
  readonly client: HolderClient;
  readonly method: string;
  /** Without user and password; query values are replaced by `*`. */
  readonly url: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** 0 until the headers have come. */
  readonly status: number;
  /** Bytes of the body given to its reader. */
  readonly bytesRead: number;
  /** -1 if the length is not known in advance. */
  readonly contentLength: number;
  /** When the response headers came; before that, when the request began. */
  readonly openedAt: number;
  /** When its reader last asked for or received bytes; `openedAt` before the first read. */
  readonly lastReadAt: number;
  /** True while a read is waiting for bytes. */
  readonly awaited: boolean;
  /** True if the response was garbage-collected unfinished. */
  readonly abandoned: boolean;
  /** True if its connection is a mock's, so that it holds nothing. Default false. */
  readonly mocked?: boolean;
  /** The stack at which the request was made, unformatted; null if it was not recorded. */
  readonly trace: Trace | null;
}

/** The verdict on a holder at the time `at`; times are monotonic milliseconds. Pure. */
export function verdictOf(holder: Holder, at: number, suspectAfter: number): Verdict {
  if (holder.abandoned) return 'proven';
  // The server, not the reader, is the reason for no progress.
  if (holder.awaited || holder.status === 0) return 'active';
  return at - holder.lastReadAt > suspectAfter ? 'suspect' : 'active';
}
