/** Owns the interface through which the connections of a transport are observed, such as by the events of a dispatcher. */
import type { CloseCause, Origin } from '../conn/index.js';

/** Why a connection ended. */
export interface ConnectionEnd {
  readonly cause: CloseCause;
  /** The server ended it, or it broke; otherwise this process closed it. */
  readonly byPeer: boolean;
  /** What was wrong; null for an end in order. */
  readonly error: unknown;
  /** How many requests it has served. */
  readonly requests: number;
}

/** Its methods are called synchronously while the transport is at work, so they must not call the program. */
export interface ConnectionObserver {
  connected(origin: Origin): void;
  /** A dial failed; one that was cancelled is not told. */
  dialFailed(origin: Origin, error: Error): void;
  disconnected(origin: Origin, end: ConnectionEnd): void;
}
