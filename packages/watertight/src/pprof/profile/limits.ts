/** Owns the limits on the size of a profile that is read and on the memory that it takes. */
import { excerpt, ProfileError, type Place } from './profile-error.js';
import type { Frame, Profile } from './profile.js';

/** Options of reading a profile. */
export interface ParseOptions {
  /** The most bytes of input, counted after decompression. Default 4 GiB. */
  readonly maxBytes?: number;
  /**
   * The most bytes held at one time, by a rough count: different stacks and labels, and the whole input of a
   * form that must be held (debug=0). Default 256 MiB.
   */
  readonly maxHeldBytes?: number;
  /** The expected kind of profile (`goroutine`, `httpbody`, `cpu`, `space`); any other kind is an error that names the kind found. Default any. */
  readonly kind?: string;
  /** Only goroutines that have waited at least so long, ms; only debug=2 says how long, in whole minutes. Default 0: all. */
  readonly minWaitMs?: number;
  /**
   * Called with each goroutine as it is read, before equal ones are added up; only debug=2 has them one by one.
   * What it throws ends the reading.
   */
  readonly onGoroutine?: (goroutine: Goroutine) => void;
}

/** One goroutine of debug=2, or one of our tasks. */
export interface Goroutine {
  /** Unique in its process, and never used again there. */
  readonly id: number;
  /** `select`, `IO wait`, `chan send`. */
  readonly state: string;
  /** The time in that state, ms, in whole minutes. Go counts from the first garbage collection after it began to wait. */
  readonly waitMs: number;
  /** Innermost first; goroutines of one profile with the same stack share one array. */
  readonly frames: readonly Frame[];
}

const DEFAULTS = { maxBytes: 4 * 2 ** 30, maxHeldBytes: 256 * 2 ** 20 };

/** The longest line of text, in bytes; Go's lines have some hundred bytes. */
export const MAX_LINE = 2 ** 20;
/** The most bytes of other text (a log, a panic's message) before the first goroutine. */
export const MAX_PREAMBLE = 2 ** 20;
/** The most frames of one stack; Go cuts a stack at 128 or fewer. */
export const MAX_DEPTH = 10_000;

/** What the reading of one profile has used of its limits. */
export class Budget {
  readonly maxBytes: number;
  readonly maxHeldBytes: number;
  readonly minWaitMs: number;
  readonly onGoroutine: ((goroutine: Goroutine) => void) | null;
  readonly #kind: string | null;
  #held = 0;

  constructor(options: ParseOptions = {}) {
    if (options === null || typeof options !== 'object') {
      throw new ProfileError('ERR_PROFILE_INPUT', `The options are ${String(options)}; they must be an object.`);
    }
    this.#kind = kindOf(options);
    this.maxBytes = limitOf(options, 'maxBytes');
    this.maxHeldBytes = limitOf(options, 'maxHeldBytes');
    this.minWaitMs = waitOf(options);
    this.onGoroutine = listenerOf(options);
  }

  /**
   * Counts bytes that are about to be held.
   *
   * @throws ProfileError if the limit is exceeded.
   */
  hold(bytes: number, place: Place): void {
    this.#held += bytes;
    if (this.#held > this.maxHeldBytes) throw this.heldError(place);
  }

  heldError(place: Place): ProfileError {
    return new ProfileError('ERR_PROFILE_LIMIT', `The profile needs more than ${this.maxHeldBytes} bytes of memory. If it is to be trusted, raise the option maxHeldBytes`, place);
  }

  /**
   * Returns the profile if it is of the expected kind.
   *
   * @throws ProfileError otherwise.
   */
  accept(profile: Profile): Profile {
    if (this.#kind === null || profile.kind === this.#kind) return profile;
    const types = profile.sampleTypes.map(({ type, unit }) => `${type}/${unit}`).join(', ');
    throw new ProfileError('ERR_PROFILE_KIND', `This is a profile of the kind ${excerpt(profile.kind)} (${excerpt(types)}); one of ${excerpt(this.#kind)} was wanted.`);
  }

  /**
   * Checks the number of bytes read so far.
   *
   * @throws ProfileError if the limit is exceeded.
   */
  read(bytes: number, place: Place): void {
    if (bytes > this.maxBytes) {
      throw new ProfileError('ERR_PROFILE_LIMIT', `The profile is longer than ${this.maxBytes} bytes. If it is to be trusted, raise the option maxBytes`, place);
    }
  }
}

function kindOf({ kind }: { readonly kind?: unknown }): string | null {
  if (kind === undefined) return null;
  if (typeof kind !== 'string' || kind === '') throw new ProfileError('ERR_PROFILE_INPUT', `The option kind is ${kind === '' ? 'empty' : `a ${typeof kind}`}; it must be the name of a kind of profile, as in goroutine.`);
  return kind;
}

function waitOf({ minWaitMs: value = 0 }: { readonly minWaitMs?: unknown }): number {
  if (typeof value !== 'number' || !(value >= 0)) {
    throw new ProfileError('ERR_PROFILE_INPUT', `The option minWaitMs is ${typeof value === 'number' ? value : `a ${typeof value}`}; it must be a number of milliseconds from 0 on.`);
  }
  return value;
}

function listenerOf({ onGoroutine }: { readonly onGoroutine?: unknown }): Budget['onGoroutine'] {
  if (onGoroutine === undefined) return null;
  if (typeof onGoroutine !== 'function') throw new ProfileError('ERR_PROFILE_INPUT', `The option onGoroutine is a ${typeof onGoroutine}; it must be a function.`);
  return onGoroutine as (goroutine: Goroutine) => void;
}

function limitOf(options: ParseOptions, name: 'maxBytes' | 'maxHeldBytes'): number {
  const value: unknown = options[name];
  if (value === undefined) return DEFAULTS[name];
  if (typeof value !== 'number' || !(value > 0)) {
    throw new ProfileError('ERR_PROFILE_INPUT', `The option ${name} is ${typeof value === 'number' ? value : `a ${typeof value}`}; it must be a number of bytes, more than 0.`);
  }
  return value;
}
