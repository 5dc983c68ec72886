/**
 * Owns the holder record: what keeps a task from ending, as data that any
 * client's connections can fill in, and the verdict over it. Every report,
 * profile and metric is made from these records.
 */
import type { Trace } from './site.js';

/** Which client made the request. */
export type HolderClient = 'watertight' | 'undici' | 'fetch' | 'node:http';

/**
 * - `idle`: pooled, nobody's fault.
 * - `active`: being read, or young.
 * - `suspect`: open for longer than `suspectAfter` with no progress made by its reader.
 * - `proven`: the response was garbage-collected unfinished: nobody can ever release it.
 */
export type Verdict = 'idle' | 'active' | 'suspect' | 'proven';

/**
 * One unfinished response (or, before its headers, request) and what is known
 * of it. It is in the live set, on the task it holds, until EOF, close, error
 * or cancel. Times are monotonic milliseconds.
 */
export interface Holder {
  readonly client: HolderClient;
  readonly method: string;
  /** No credentials, query values replaced by `*`. */
  readonly url: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** 0 until the headers have come. */
  readonly status: number;
  /** Bytes of the body given to its reader. */
  readonly bytesRead: number;
  /** -1 where the length is not known beforehand. */
  readonly contentLength: number;
  /** When the headers came (before that: when the request began). */
  readonly openedAt: number;
  /** When its reader last asked for or got bytes; `openedAt` until the first read. */
  readonly lastReadAt: number;
  /** Somebody awaits bytes of it right now. */
  readonly awaited: boolean;
  /** Its response was garbage-collected unfinished. */
  readonly abandoned: boolean;
  /** Where the request was made, unformatted; null where that was not recorded. */
  readonly trace: Trace | null;
}

/** The verdict over a holder at the time `at`. Pure. */
export function verdictOf(holder: Holder, at: number, suspectAfter: number): Verdict {
  if (holder.abandoned) return 'proven';
  // A reader that waits for a slow server makes no progress through no fault of its own.
  if (holder.awaited || holder.status === 0) return 'active';
  return at - holder.lastReadAt > suspectAfter ? 'suspect' : 'active';
}
