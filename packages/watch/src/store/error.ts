/** Owns the errors of the history's file. */

export type StoreErrorCode = 'ERR_STORE_OPEN' | 'ERR_STORE_VERSION' | 'ERR_STORE_SAMPLE';

/** The history can't be opened or written. The message names the file and what to do. */
export class StoreError extends Error {
  constructor(
    readonly code: StoreErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  override get name(): string {
    return 'StoreError';
  }
}
