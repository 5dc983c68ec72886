/** Owns the error of a request that the lab refuses, with the reason for whoever asked through a page. */

/**
 * - `unknown`: there is no such experiment, or no such run (it may have ended)
 * - `too many`: as many runs as there may be
 * - `busy`: a step is under way
 * - `over`: there is no step left
 * - `unfit`: it can't be shown step by step
 */
export type LabRefusal = 'unknown' | 'too many' | 'busy' | 'over' | 'unfit';

export class LabError extends Error {
  override readonly name = 'LabError';
  readonly code = 'ERR_LAB';

  constructor(
    readonly refusal: LabRefusal,
    message: string,
  ) {
    super(message);
  }
}
