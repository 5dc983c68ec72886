/** Owns what a report says of one resource: its kind, which one it is, what to do about it, and where it was made. */
import type { Creation } from './creation.js';

/** What a report says of one resource. */
export interface Description {
  /** Such as `server`, `socket`, `file watcher`. */
  readonly type: string;
  readonly description: string;
  /** How to end it, or how to let the process end without it. */
  readonly advice: string;
  /** Where to look: for a connection that a server accepted, where the server listens. */
  readonly creation: Creation | null;
  /** Its own making, where `creation` is another's. */
  readonly own?: Creation | null;
}
