/** Owns what a program is told of the progress of a transfer. */
import { RequestError, show } from '../wire/index.js';

/** How far a transfer is. */
export interface Progress {
  /** Bytes so far. */
  readonly transferred: number;
  /** Bytes in all; null if that is not known beforehand. */
  readonly total: number | null;
}

/** Is told of the progress. What it returns is not awaited. */
export type OnProgress = (progress: Progress) => void;

/** @throws RequestError (`ERR_INVALID_OPTION`) for what is neither null nor a function. */
export function checkOnProgress(name: string, given: unknown): void {
  if (given !== null && typeof given !== 'function') throw new RequestError('ERR_INVALID_OPTION', `${name} is a function, not ${show(given)}`);
}
