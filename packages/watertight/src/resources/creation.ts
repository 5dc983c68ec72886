/**
 * Owns the record of where and when a thing was made, which is attached to the thing itself, invisibly, for
 * as long as the thing lives.
 */
import { captureInto, framesOf, newStamp, now, Trace } from '../tasks/index.js';

/** The longest chain of causes, so that a program that connects in the callback of a connection, again and again, does not keep all of its records. */
const LONGEST_CHAIN = 8;

/** The record of the making of a thing. It holds the stack unformatted, and never refers to the thing. */
export class Creation extends Trace {
  readonly since = now();
  /** A detail known only when it was made, such as a watcher's path or a worker's file; '' if there is none. */
  detail = '';
  private readonly depth: number;

  /**
   * @param trigger  the async id of the thing it serves, such as the socket of a connect request
   * @param cause    the record of the resource whose callback made this; it has the program's line if Node's
   *   own callbacks made this
   */
  constructor(
    readonly trigger: number,
    readonly cause: Creation | null,
  ) {
    super();
    this.depth = cause === null ? 0 : cause.depth + 1;
    if (this.depth >= LONGEST_CHAIN) {
      this.cause = null;
      this.depth = 0;
    }
  }
}

/** Records the making of something, with `frames` frames of the stack above the function `below`. */
export function captureCreation(below: (...args: never[]) => unknown, frames: number, trigger = 0, cause: Creation | null = null): Creation {
  const creation = new Creation(trigger, cause);
  captureInto(creation, below, frames);
  return creation;
}

/** The first record with a line of the program: this one, or one of its causes. */
export function lineOf(creation: Creation): Trace {
  for (let at: Creation | null = creation; at !== null; at = at.cause) if (framesOf(at).length > 0) return at;
  return creation;
}

const stamp = newStamp<Creation>();

export function setCreation(thing: object, creation: Creation): void {
  stamp.put(thing, creation);
}

/** The record of a thing's making; null if it was made before the tracking started. */
export function creationOf(thing: object): Creation | null {
  return stamp.read(thing);
}
