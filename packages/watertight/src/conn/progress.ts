/** Owns what a program is told of the progress of a transfer, and what follows if its function fails. */
import { messageOf } from '../tasks/index.js';
import { RequestError, show } from '../wire/index.js';
import { callUnawaited } from './user-call.js';

/** How far a transfer is. */
export interface Progress {
  /** Bytes so far. */
  readonly transferred: number;
  /** Bytes in all; null if that is not known beforehand. */
  readonly total: number | null;
}

/**
 * Is told of the progress. What it throws ends the transfer with an error whose
 * `cause` it is; so does a promise that it returns, if it is rejected before the
 * transfer has ended. The transfer does not wait for the promise.
 */
export type OnProgress = (progress: Progress) => void;

/** @throws RequestError (`ERR_INVALID_OPTION`) for what is neither null nor a function. */
export function checkOnProgress(name: string, given: unknown): void {
  if (given !== null && typeof given !== 'function') throw new RequestError('ERR_INVALID_OPTION', `${name} is a function, not ${show(given)}`);
}

/**
 * Tells the program how far its transfer is. `failed` makes an error of `message`
 * and `cause` (what the program's function threw, or its promise was rejected with)
 * and ends the transfer; it may be called later, even when the transfer is over.
 *
 * @returns the function gave a promise. One that is rejected already is known to be so at the next microtask.
 */
export function tellProgress(name: string, onProgress: OnProgress, progress: Progress, failed: (message: string, options: { readonly cause: unknown }) => void): boolean {
  return callUnawaited(
    () => onProgress(progress),
    (cause) => failed(`${name} threw: ${messageOf(cause)}; catch inside it what must not end the transfer`, { cause }),
  );
}
