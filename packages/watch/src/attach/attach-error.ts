/** Owns the reason why a process could not be looked into, as a word for programs and a sentence for people. */

/**
 * - `gone`: there is no such process, or nothing listens at the address
 * - `not-node`: the process is no Node, or does not take the signal that opens an inspector
 * - `not-ours`: it belongs to somebody else, or runs in another container
 * - `closed`: it is a Node whose inspector did not open
 * - `remote`: the address is another machine's
 * - `failed`: the inspector is open, and what it was asked failed
 */
export type AttachFailure = 'gone' | 'not-node' | 'not-ours' | 'closed' | 'remote' | 'failed';

export class AttachError extends Error {
  override readonly name = 'AttachError';
  readonly code = 'ERR_ATTACH';

  constructor(
    readonly failure: AttachFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
