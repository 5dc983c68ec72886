/**
 * Owns the data that a step-by-step experiment shows: a move, and the state after it.
 *
 * It can be sent to another process and to a page. Everything in it comes from the library's public API.
 */
import type { TaskState } from 'watertight/tasks';

/** One visible step. Requests are numbered from 1 in the order in which they begin. */
export type Move =
  | { readonly op: 'start' }
  /** Requests ask for a connection: one, or several at once. What comes at once, over an idle connection, belongs to it. */
  | { readonly op: 'ask'; readonly requests: readonly number[] }
  /** The dials under way may succeed; requests are written and responses come. */
  | { readonly op: 'answer'; readonly requests: readonly number[] }
  /** At most `amount` bytes are read, or everything. `half`: on the way to everything. */
  | { readonly op: 'read'; readonly request: number; readonly amount: number | 'all'; readonly half: boolean }
  | { readonly op: 'close'; readonly request: number }
  /** The program goes on and leaves the body as it is. */
  | { readonly op: 'leave'; readonly request: number }
  | { readonly op: 'cancel'; readonly request: number }
  | { readonly op: 'wait'; readonly ms: number }
  | { readonly op: 'closeIdle' }
  /** `go`: what Go counted at this point. */
  | { readonly op: 'count'; readonly go: number };

/**
 * - `asking`: no connection yet; dialling, or waiting for one
 * - `sent`: on a connection, without a response
 * - `unread`, `reading`: the response is there, its body unfinished: it pins its connection
 * - `eof`, `closed`, `failed`: over
 */
export type RequestPhase = 'asking' | 'sent' | 'unread' | 'reading' | 'eof' | 'closed' | 'failed';

export interface RequestView {
  readonly id: number;
  /** Which of the lab's servers, from 0. */
  readonly server: number;
  readonly method: string;
  readonly path: string;
  readonly phase: RequestPhase;
  /** 0 before the response. */
  readonly status: number;
  /** Bytes; -1 where the length is not known beforehand. */
  readonly contentLength: number;
  readonly bytesRead: number;
  /** The connection that serves it, or last did. */
  readonly connection: number | null;
  /** Why it failed. */
  readonly error: string | null;
}

/**
 * - `busy`: serves a request whose response is due or being read
 * - `pinned`: its response is there, unfinished, and nobody reads it
 * - `idle`: in the pool
 * - `closed`: its two tasks have ended
 */
export type ConnectionState = 'busy' | 'pinned' | 'idle' | 'closed';

export interface ConnectionView {
  /** From 1, in the order in which their loops started. */
  readonly id: number;
  readonly server: number;
  readonly state: ConnectionState;
  /** The request for which it was dialled. */
  readonly dialledFor: number;
  /** Every request that it was given, in order. */
  readonly served: readonly number[];
  /** The request whose response it carries now. */
  readonly request: number | null;
  /** The line that made that request, `lab/staged-run.ts:69`. */
  readonly site: string | null;
  /** Null once they have ended. */
  readonly readLoop: TaskState | null;
  readonly writeLoop: TaskState | null;
  readonly localPort: number | null;
}

/** A dial under way, a task of its own. */
export interface DialView {
  readonly id: number;
  readonly server: number;
  readonly request: number;
}

export interface Snapshot {
  /** What `taskCount()` says. */
  readonly taskCount: number;
  readonly connections: readonly ConnectionView[];
  readonly dials: readonly DialView[];
  readonly requests: readonly RequestView[];
  /** Connections made and ended since the start. */
  readonly opened: number;
  readonly closed: number;
  /** Requests that failed. */
  readonly errors: number;
}

/** What the process of an experiment tells after each move; `next` is null at the end. */
export interface Stage {
  readonly move: Move;
  /** The step of the scenario that the move belongs to, from 0; null at the start. */
  readonly step: number | null;
  readonly snapshot: Snapshot;
  readonly next: Move | null;
}

/** The limits of the client's pool that an explanation may have to name. */
export interface PoolLimits {
  readonly maxIdleConnsPerHost: number;
  /** 0: none. */
  readonly maxConnsPerHost: number;
  readonly disableKeepAlives: boolean;
}
