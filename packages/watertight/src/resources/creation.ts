/**
 * Owns where and when a thing was made: the record, and how it hangs on the
 * thing itself, unseen, for as long as the thing lives.
 */
import { framesOf, now, Trace } from '../tasks/index.js';

/** A chain of causes is no longer than this, so that a program that connects in a connection's callback, for ever, keeps no chain of all of them. */
const LONGEST_CHAIN = 8;

/** The making of a thing. It holds the stack unformatted, and never the thing. */
export class Creation extends Trace {
  readonly since = now();
  /** What only its maker knew, the path of a watcher, the file of a worker; '' where nobody said. */
  detail = '';
  private readonly depth: number;

  /**
   * @param trigger  the async id of what it is for: the socket of a connect request
   * @param cause    the making of what was running; the program's line is found there when Node's own callbacks made this
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

/** Records that something is being made, with `frames` frames of the stack above the function `below`. */
export function captureCreation(below: (...args: never[]) => unknown, frames: number, trigger = 0, cause: Creation | null = null): Creation {
  const creation = new Creation(trigger, cause);
  const limit = Error.stackTraceLimit;
  try {
    // Throws where intrinsics are frozen; an error in a hook of async_hooks ends the process.
    Error.stackTraceLimit = frames;
    Error.captureStackTrace(creation, below);
    Error.stackTraceLimit = limit;
  } catch {
    Error.captureStackTrace(creation, below);
  }
  return creation;
}

/** The record that has a line of the program in it: this one, or that of a cause. */
export function lineOf(creation: Creation): Trace {
  for (let at: Creation | null = creation; at !== null; at = at.cause) if (framesOf(at).length > 0) return at;
  return creation;
}

/** Returns what it is given, so that a class derived from it puts its private fields on that. */
const Given = function (given: object): object {
  return given;
} as unknown as new (given: object) => object;

/**
 * A private field put on somebody else's object. Unlike a property, no
 * `console.log` shows it; and it is cheaper than an entry of a WeakMap: 7 µs
 * instead of 12 for a timer set and cleared, on Node 20.
 */
class Stamp extends Given {
  #creation: Creation;

  private constructor(on: object, creation: Creation) {
    super(on);
    this.#creation = creation;
  }

  static put(on: object, creation: Creation): void {
    if (#creation in on) on.#creation = creation;
    else new Stamp(on, creation);
  }

  static read(on: object): Creation | null {
    return #creation in on ? on.#creation : null;
  }
}

export function setCreation(thing: object, creation: Creation): void {
  Stamp.put(thing, creation);
}

/** Null if it was made before anybody looked. */
export function creationOf(thing: object): Creation | null {
  return Stamp.read(thing);
}
